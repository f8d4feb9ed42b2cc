-- Identity providers that sign people of the tenant in. Roles are a JSON list of group and role, the first that fits counts.
CREATE TABLE identity.sso_connections (
    connection_id         uuid        NOT NULL PRIMARY KEY,
    tenant_id             uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    name                  text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    issuer                text        NOT NULL CHECK (char_length(issuer) <= 500),
    client_id             text        NOT NULL CHECK (char_length(client_id) BETWEEN 1 AND 500),
    client_secret         bytea       NOT NULL,
    scopes                text        NOT NULL,
    groups_claim          text        NOT NULL,
    group_roles           text        NOT NULL,
    default_role          text        NULL,
    provisioning          boolean     NOT NULL,
    enforced              boolean     NOT NULL,
    enabled               boolean     NOT NULL,
    accepts_second_factor boolean     NOT NULL,
    second_factor_acr     text        NULL,
    revision              bigint      NOT NULL,
    created_at            timestamptz NOT NULL,
    created_by            uuid        NOT NULL,
    changed_at            timestamptz NOT NULL
);

CREATE INDEX sso_connections_of_tenant ON identity.sso_connections (tenant_id);

-- What an address ends in leads to a connection once it is shown to be the tenant's. It can be one tenant's only.
CREATE TABLE identity.sso_domains (
    tenant_id     uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    domain        text        NOT NULL CHECK (char_length(domain) <= 253),
    connection_id uuid        NOT NULL REFERENCES identity.sso_connections (connection_id) ON DELETE CASCADE,
    proof         text        NOT NULL,
    created_at    timestamptz NOT NULL,
    verified_at   timestamptz NULL,
    verified_by   text        NULL CHECK (verified_by IN ('dns', 'installation')),
    PRIMARY KEY (tenant_id, domain),
    CHECK ((verified_at IS NULL) = (verified_by IS NULL))
);

CREATE UNIQUE INDEX sso_domains_verified ON identity.sso_domains (domain) WHERE verified_at IS NOT NULL;

-- Who a provider's subject is here. One person has one subject at a connection.
CREATE TABLE identity.sso_accounts (
    connection_id uuid        NOT NULL REFERENCES identity.sso_connections (connection_id) ON DELETE CASCADE,
    subject       text        NOT NULL CHECK (char_length(subject) BETWEEN 1 AND 255),
    tenant_id     uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    user_id       uuid        NOT NULL REFERENCES identity.users (user_id),
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (connection_id, subject),
    UNIQUE (connection_id, user_id)
);

CREATE INDEX sso_accounts_of_user ON identity.sso_accounts (tenant_id, user_id);

-- Browsers that were sent to a provider and are awaited back.
CREATE TABLE identity.sso_attempts (
    state_hash    bytea       NOT NULL PRIMARY KEY CHECK (octet_length(state_hash) = 32),
    tenant_id     uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    connection_id uuid        NOT NULL REFERENCES identity.sso_connections (connection_id) ON DELETE CASCADE,
    return_to     text        NOT NULL,
    expires_at    timestamptz NOT NULL
);

CREATE INDEX sso_attempts_by_age ON identity.sso_attempts (tenant_id, expires_at);

-- What a provider said when it signed somebody in: what a session came by, and what ends it there and here.
CREATE TABLE identity.sso_sign_ins (
    sign_in_id       uuid        NOT NULL PRIMARY KEY,
    tenant_id        uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    connection_id    uuid        NOT NULL REFERENCES identity.sso_connections (connection_id) ON DELETE CASCADE,
    user_id          uuid        NOT NULL REFERENCES identity.users (user_id),
    subject          text        NOT NULL,
    provider_session text        NULL,
    id_token         bytea       NOT NULL,
    created_at       timestamptz NOT NULL
);

CREATE INDEX sso_sign_ins_of_subject ON identity.sso_sign_ins (connection_id, subject);
CREATE INDEX sso_sign_ins_by_age ON identity.sso_sign_ins (tenant_id, created_at);

ALTER TABLE identity.sessions ADD COLUMN sso_sign_in_id uuid NULL
    REFERENCES identity.sso_sign_ins (sign_in_id) ON DELETE SET NULL;
ALTER TABLE identity.sign_in_challenges ADD COLUMN sso_sign_in_id uuid NULL
    REFERENCES identity.sso_sign_ins (sign_in_id) ON DELETE SET NULL;

CREATE INDEX sessions_of_sso_sign_in ON identity.sessions (sso_sign_in_id) WHERE sso_sign_in_id IS NOT NULL;

-- Logout tokens that were followed; each counts once.
CREATE TABLE identity.sso_logout_tokens (
    connection_id uuid        NOT NULL REFERENCES identity.sso_connections (connection_id) ON DELETE CASCADE,
    token_id      text        NOT NULL CHECK (char_length(token_id) BETWEEN 1 AND 255),
    tenant_id     uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    expires_at    timestamptz NOT NULL,
    PRIMARY KEY (connection_id, token_id)
);

-- Where an address or a link leads, and whose a connection is, is found out before there is a tenant.
CREATE POLICY sign_in_finds ON identity.sso_connections FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY sign_in_finds ON identity.sso_domains FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY owners_find ON identity.sso_connections FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
