-- Programs that act in a tenant in their own name. They have a role like members and come in by API keys only.
CREATE TABLE service_accounts (
    service_account_id BLOB    NOT NULL PRIMARY KEY CHECK (length(service_account_id) = 16),
    tenant_id          BLOB    NOT NULL REFERENCES tenants (tenant_id),
    name               TEXT    NOT NULL CHECK (length(name) BETWEEN 2 AND 40),
    description        TEXT    NOT NULL,
    role               TEXT    NULL CHECK (role IN ('admin', 'developer', 'operator', 'viewer', 'auditor')),
    role_id            BLOB    NULL REFERENCES roles (role_id),
    state              TEXT    NOT NULL CHECK (state IN ('active', 'disabled')),
    created_at         INTEGER NOT NULL,
    created_by         BLOB    NOT NULL CHECK (length(created_by) = 16),
    UNIQUE (tenant_id, name),
    CHECK ((role IS NULL) <> (role_id IS NULL))
) STRICT;

-- A key belongs to a user or to a service account. Only its hash is kept: it has 256 random bits, so that a plain hash
-- cannot be searched. Scopes are names of the permission table, sorted, with a space between.
CREATE TABLE api_keys (
    api_key_id         BLOB    NOT NULL PRIMARY KEY CHECK (length(api_key_id) = 16),
    tenant_id          BLOB    NOT NULL REFERENCES tenants (tenant_id),
    key_hash           BLOB    NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    hint               TEXT    NOT NULL,
    name               TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    user_id            BLOB    NULL REFERENCES users (user_id),
    service_account_id BLOB    NULL REFERENCES service_accounts (service_account_id) ON DELETE CASCADE,
    scopes             TEXT    NOT NULL,
    created_at         INTEGER NOT NULL,
    created_by         BLOB    NOT NULL CHECK (length(created_by) = 16),
    expires_at         INTEGER NOT NULL,
    last_used_at       INTEGER NULL,
    revoked_at         INTEGER NULL,
    CHECK ((user_id IS NULL) <> (service_account_id IS NULL))
) STRICT;

CREATE INDEX api_keys_of_user ON api_keys (tenant_id, user_id);
CREATE INDEX api_keys_of_service_account ON api_keys (tenant_id, service_account_id);
