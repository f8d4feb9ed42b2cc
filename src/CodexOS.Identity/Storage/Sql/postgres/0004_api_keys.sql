-- Programs that act in a tenant in their own name. They have a role like members and come in by API keys only.
CREATE TABLE identity.service_accounts (
    service_account_id uuid        NOT NULL PRIMARY KEY,
    tenant_id          uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    name               text        NOT NULL CHECK (char_length(name) BETWEEN 2 AND 40),
    description        text        NOT NULL,
    role               text        NULL CHECK (role IN ('admin', 'developer', 'operator', 'viewer', 'auditor')),
    role_id            uuid        NULL REFERENCES identity.roles (role_id),
    state              text        NOT NULL CHECK (state IN ('active', 'disabled')),
    created_at         timestamptz NOT NULL,
    created_by         uuid        NOT NULL,
    UNIQUE (tenant_id, name),
    CHECK ((role IS NULL) <> (role_id IS NULL))
);

-- A key belongs to a user or to a service account. Only its hash is kept: it has 256 random bits, so that a plain hash
-- cannot be searched. Scopes are names of the permission table, sorted, with a space between.
CREATE TABLE identity.api_keys (
    api_key_id         uuid        NOT NULL PRIMARY KEY,
    tenant_id          uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    key_hash           bytea       NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
    hint               text        NOT NULL,
    name               text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    user_id            uuid        NULL REFERENCES identity.users (user_id),
    service_account_id uuid        NULL REFERENCES identity.service_accounts (service_account_id) ON DELETE CASCADE,
    scopes             text        NOT NULL,
    created_at         timestamptz NOT NULL,
    created_by         uuid        NOT NULL,
    expires_at         timestamptz NOT NULL,
    last_used_at       timestamptz NULL,
    revoked_at         timestamptz NULL,
    CHECK ((user_id IS NULL) <> (service_account_id IS NULL))
);

CREATE INDEX api_keys_of_user ON identity.api_keys (tenant_id, user_id);
CREATE INDEX api_keys_of_service_account ON identity.api_keys (tenant_id, service_account_id);
