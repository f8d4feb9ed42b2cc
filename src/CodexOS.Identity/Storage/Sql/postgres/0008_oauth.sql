-- Programs that may ask people of the tenant, or act for one of its service accounts. One that registered itself is here once
-- somebody of the tenant let it in, under the same id in every tenant. Redirect addresses are separated by line ends, scopes
-- by spaces.
CREATE TABLE identity.oauth_clients (
    tenant_id          uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    client_id          uuid        NOT NULL,
    name               text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    kind               text        NOT NULL CHECK (kind IN ('public', 'confidential', 'service')),
    is_dynamic         boolean     NOT NULL,
    secret_hash        bytea       NULL CHECK (octet_length(secret_hash) = 32),
    redirect_uris      text        NOT NULL,
    scopes             text        NOT NULL,
    device_flow        boolean     NOT NULL,
    service_account_id uuid        NULL REFERENCES identity.service_accounts (service_account_id) ON DELETE CASCADE,
    created_at         timestamptz NOT NULL,
    created_by         uuid        NOT NULL,
    PRIMARY KEY (tenant_id, client_id),
    CHECK ((kind = 'public') = (secret_hash IS NULL)),
    CHECK ((kind = 'service') = (service_account_id IS NOT NULL))
);

CREATE INDEX oauth_clients_by_id ON identity.oauth_clients (client_id);

-- A session of a client may do no more than its scopes. One without is a person's own.
ALTER TABLE identity.sessions ADD COLUMN client_id uuid NULL;
ALTER TABLE identity.sessions ADD COLUMN scopes text NULL;

CREATE INDEX sessions_of_client ON identity.sessions (tenant_id, client_id) WHERE client_id IS NOT NULL;

-- What somebody allowed a client. It is used once; what it was used for is known, to be ended when it is used again.
CREATE TABLE identity.oauth_codes (
    code_hash          bytea       NOT NULL PRIMARY KEY CHECK (octet_length(code_hash) = 32),
    tenant_id          uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    user_id            uuid        NOT NULL REFERENCES identity.users (user_id),
    client_id          uuid        NULL,
    scopes             text        NULL,
    redirect_uri       text        NULL,
    challenge          text        NULL,
    nonce              text        NULL,
    with_second_factor boolean     NOT NULL,
    created_at         timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL,
    used_at            timestamptz NULL,
    session_id         uuid        NULL REFERENCES identity.sessions (session_id) ON DELETE CASCADE,
    CHECK ((redirect_uri IS NULL) = (challenge IS NULL))
);

CREATE INDEX oauth_codes_by_age ON identity.oauth_codes (tenant_id, expires_at);

-- Devices that wait for somebody to allow them something; in which tenant, is not known before.
CREATE TABLE identity.oauth_device_requests (
    device_hash      bytea       NOT NULL PRIMARY KEY CHECK (octet_length(device_hash) = 32),
    user_code        text        NOT NULL UNIQUE,
    client_id        uuid        NULL,
    client_name      text        NOT NULL,
    scopes           text        NULL,
    device           text        NOT NULL,
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    interval_seconds integer     NOT NULL CHECK (interval_seconds > 0),
    polled_at        timestamptz NULL,
    is_allowed       boolean     NULL
);

-- Access tokens of service clients that were revoked before their time; others end with their session.
CREATE TABLE identity.oauth_revoked_tokens (
    tenant_id  uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    token_id   text        NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, token_id)
);

-- Whose a client or a code is, is found out before there is a tenant; what follows is done in it.
CREATE POLICY sign_in_finds ON identity.oauth_clients FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY sign_in_finds ON identity.oauth_codes FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY owners_find ON identity.oauth_clients FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
