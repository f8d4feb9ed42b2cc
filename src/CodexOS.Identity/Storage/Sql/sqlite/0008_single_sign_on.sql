-- Identity providers that sign people of the tenant in. Roles are a JSON list of group and role, the first that fits counts.
CREATE TABLE sso_connections (
    connection_id         BLOB    NOT NULL PRIMARY KEY CHECK (length(connection_id) = 16),
    tenant_id             BLOB    NOT NULL REFERENCES tenants (tenant_id),
    name                  TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    issuer                TEXT    NOT NULL CHECK (length(issuer) <= 500),
    client_id             TEXT    NOT NULL CHECK (length(client_id) BETWEEN 1 AND 500),
    client_secret         BLOB    NOT NULL,
    scopes                TEXT    NOT NULL,
    groups_claim          TEXT    NOT NULL,
    group_roles           TEXT    NOT NULL,
    default_role          TEXT    NULL,
    provisioning          INTEGER NOT NULL CHECK (provisioning IN (0, 1)),
    enforced              INTEGER NOT NULL CHECK (enforced IN (0, 1)),
    enabled               INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    accepts_second_factor INTEGER NOT NULL CHECK (accepts_second_factor IN (0, 1)),
    second_factor_acr     TEXT    NULL,
    revision              INTEGER NOT NULL,
    created_at            INTEGER NOT NULL,
    created_by            BLOB    NOT NULL CHECK (length(created_by) = 16),
    changed_at            INTEGER NOT NULL
) STRICT;

CREATE INDEX sso_connections_of_tenant ON sso_connections (tenant_id);

-- What an address ends in leads to a connection once it is shown to be the tenant's. It can be one tenant's only.
CREATE TABLE sso_domains (
    tenant_id     BLOB    NOT NULL REFERENCES tenants (tenant_id),
    domain        TEXT    NOT NULL CHECK (length(domain) <= 253),
    connection_id BLOB    NOT NULL REFERENCES sso_connections (connection_id) ON DELETE CASCADE,
    proof         TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    verified_at   INTEGER NULL,
    verified_by   TEXT    NULL CHECK (verified_by IN ('dns', 'installation')),
    PRIMARY KEY (tenant_id, domain),
    CHECK ((verified_at IS NULL) = (verified_by IS NULL))
) STRICT;

CREATE UNIQUE INDEX sso_domains_verified ON sso_domains (domain) WHERE verified_at IS NOT NULL;

-- Who a provider's subject is here. One person has one subject at a connection.
CREATE TABLE sso_accounts (
    connection_id BLOB    NOT NULL REFERENCES sso_connections (connection_id) ON DELETE CASCADE,
    subject       TEXT    NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    tenant_id     BLOB    NOT NULL REFERENCES tenants (tenant_id),
    user_id       BLOB    NOT NULL REFERENCES users (user_id),
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (connection_id, subject),
    UNIQUE (connection_id, user_id)
) STRICT;

CREATE INDEX sso_accounts_of_user ON sso_accounts (tenant_id, user_id);

-- Browsers that were sent to a provider and are awaited back.
CREATE TABLE sso_attempts (
    state_hash    BLOB    NOT NULL PRIMARY KEY CHECK (length(state_hash) = 32),
    tenant_id     BLOB    NOT NULL REFERENCES tenants (tenant_id),
    connection_id BLOB    NOT NULL REFERENCES sso_connections (connection_id) ON DELETE CASCADE,
    return_to     TEXT    NOT NULL,
    expires_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX sso_attempts_by_age ON sso_attempts (tenant_id, expires_at);

-- What a provider said when it signed somebody in: what a session came by, and what ends it there and here.
CREATE TABLE sso_sign_ins (
    sign_in_id       BLOB    NOT NULL PRIMARY KEY CHECK (length(sign_in_id) = 16),
    tenant_id        BLOB    NOT NULL REFERENCES tenants (tenant_id),
    connection_id    BLOB    NOT NULL REFERENCES sso_connections (connection_id) ON DELETE CASCADE,
    user_id          BLOB    NOT NULL REFERENCES users (user_id),
    subject          TEXT    NOT NULL,
    provider_session TEXT    NULL,
    id_token         BLOB    NOT NULL,
    created_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX sso_sign_ins_of_subject ON sso_sign_ins (connection_id, subject);
CREATE INDEX sso_sign_ins_by_age ON sso_sign_ins (tenant_id, created_at);

ALTER TABLE sessions ADD COLUMN sso_sign_in_id BLOB NULL
    REFERENCES sso_sign_ins (sign_in_id) ON DELETE SET NULL;
ALTER TABLE sign_in_challenges ADD COLUMN sso_sign_in_id BLOB NULL
    REFERENCES sso_sign_ins (sign_in_id) ON DELETE SET NULL;

CREATE INDEX sessions_of_sso_sign_in ON sessions (sso_sign_in_id) WHERE sso_sign_in_id IS NOT NULL;

-- Logout tokens that were followed; each counts once.
CREATE TABLE sso_logout_tokens (
    connection_id BLOB    NOT NULL REFERENCES sso_connections (connection_id) ON DELETE CASCADE,
    token_id      TEXT    NOT NULL CHECK (length(token_id) BETWEEN 1 AND 255),
    tenant_id     BLOB    NOT NULL REFERENCES tenants (tenant_id),
    expires_at    INTEGER NOT NULL,
    PRIMARY KEY (connection_id, token_id)
) STRICT;
