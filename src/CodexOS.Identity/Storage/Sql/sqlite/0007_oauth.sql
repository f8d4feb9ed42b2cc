-- Programs that may ask people of the tenant, or act for one of its service accounts. One that registered itself is here once
-- somebody of the tenant let it in, under the same id in every tenant. Redirect addresses are separated by line ends, scopes
-- by spaces.
CREATE TABLE oauth_clients (
    tenant_id          BLOB    NOT NULL REFERENCES tenants (tenant_id),
    client_id          BLOB    NOT NULL CHECK (length(client_id) = 16),
    name               TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    kind               TEXT    NOT NULL CHECK (kind IN ('public', 'confidential', 'service')),
    is_dynamic         INTEGER NOT NULL CHECK (is_dynamic IN (0, 1)),
    secret_hash        BLOB    NULL CHECK (length(secret_hash) = 32),
    redirect_uris      TEXT    NOT NULL,
    scopes             TEXT    NOT NULL,
    device_flow        INTEGER NOT NULL CHECK (device_flow IN (0, 1)),
    service_account_id BLOB    NULL REFERENCES service_accounts (service_account_id) ON DELETE CASCADE,
    created_at         INTEGER NOT NULL,
    created_by         BLOB    NOT NULL CHECK (length(created_by) = 16),
    PRIMARY KEY (tenant_id, client_id),
    CHECK ((kind = 'public') = (secret_hash IS NULL)),
    CHECK ((kind = 'service') = (service_account_id IS NOT NULL))
) STRICT;

CREATE INDEX oauth_clients_by_id ON oauth_clients (client_id);

-- A session of a client may do no more than its scopes. One without is a person's own.
ALTER TABLE sessions ADD COLUMN client_id BLOB NULL CHECK (length(client_id) = 16);
ALTER TABLE sessions ADD COLUMN scopes TEXT NULL;

CREATE INDEX sessions_of_client ON sessions (tenant_id, client_id) WHERE client_id IS NOT NULL;

-- What somebody allowed a client. It is used once; what it was used for is known, to be ended when it is used again.
CREATE TABLE oauth_codes (
    code_hash          BLOB    NOT NULL PRIMARY KEY CHECK (length(code_hash) = 32),
    tenant_id          BLOB    NOT NULL REFERENCES tenants (tenant_id),
    user_id            BLOB    NOT NULL REFERENCES users (user_id),
    client_id          BLOB    NULL CHECK (length(client_id) = 16),
    scopes             TEXT    NULL,
    redirect_uri       TEXT    NULL,
    challenge          TEXT    NULL,
    nonce              TEXT    NULL,
    with_second_factor INTEGER NOT NULL CHECK (with_second_factor IN (0, 1)),
    created_at         INTEGER NOT NULL,
    expires_at         INTEGER NOT NULL,
    used_at            INTEGER NULL,
    session_id         BLOB    NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    CHECK ((redirect_uri IS NULL) = (challenge IS NULL))
) STRICT;

CREATE INDEX oauth_codes_by_age ON oauth_codes (tenant_id, expires_at);

-- Devices that wait for somebody to allow them something; in which tenant, is not known before.
CREATE TABLE oauth_device_requests (
    device_hash      BLOB    NOT NULL PRIMARY KEY CHECK (length(device_hash) = 32),
    user_code        TEXT    NOT NULL UNIQUE,
    client_id        BLOB    NULL CHECK (length(client_id) = 16),
    client_name      TEXT    NOT NULL,
    scopes           TEXT    NULL,
    device           TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    interval_seconds INTEGER NOT NULL CHECK (interval_seconds > 0),
    polled_at        INTEGER NULL,
    is_allowed       INTEGER NULL CHECK (is_allowed IN (0, 1))
) STRICT;

-- Access tokens of service clients that were revoked before their time; others end with their session.
CREATE TABLE oauth_revoked_tokens (
    tenant_id  BLOB    NOT NULL REFERENCES tenants (tenant_id),
    token_id   TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, token_id)
) STRICT;
