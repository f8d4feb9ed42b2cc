-- Keys, each wrapped by another: tenant keys by the root key, which is not in the database, all others by a tenant key.
CREATE TABLE trust.vault_keys (
    key_id     uuid        NOT NULL PRIMARY KEY,
    tenant_id  uuid        NOT NULL,
    purpose    text        NOT NULL CHECK (purpose IN ('tenant', 'data', 'index', 'subject')),
    subject    text        NOT NULL,
    version    integer     NOT NULL CHECK (version >= 1),
    status     text        NOT NULL CHECK (status IN ('active', 'retiring', 'retired', 'destroyed')),
    wrapped_by text        NOT NULL,
    wrapped    bytea       NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    UNIQUE (tenant_id, purpose, subject, version),
    CHECK ((status = 'destroyed') = (wrapped IS NULL)),
    CHECK ((purpose = 'subject') = (subject <> ''))
);

CREATE UNIQUE INDEX vault_keys_active ON trust.vault_keys (tenant_id, purpose, subject) WHERE status = 'active';

-- Secrets of tenants. The value is sealed; the rest says where it may go.
CREATE TABLE trust.secrets (
    tenant_id        uuid        NOT NULL,
    name             text        NOT NULL COLLATE "C",
    value            bytea       NOT NULL,
    hosts            text        NOT NULL,
    header           text        NOT NULL,
    prefix           text        NOT NULL,
    allow_plain_http boolean     NOT NULL,
    revision         integer     NOT NULL,
    created_at       timestamptz NOT NULL,
    created_by       text        NOT NULL,
    changed_at       timestamptz NOT NULL,
    changed_by       text        NOT NULL,
    PRIMARY KEY (tenant_id, name)
);
