-- Keys, each wrapped by another: tenant keys by the root key, which is not in the database, all others by a tenant key.
CREATE TABLE vault_keys (
    key_id     BLOB    NOT NULL PRIMARY KEY CHECK (length(key_id) = 16),
    tenant_id  BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    purpose    TEXT    NOT NULL CHECK (purpose IN ('tenant', 'data', 'index', 'subject')),
    subject    TEXT    NOT NULL,
    version    INTEGER NOT NULL CHECK (version >= 1),
    status     TEXT    NOT NULL CHECK (status IN ('active', 'retiring', 'retired', 'destroyed')),
    wrapped_by TEXT    NOT NULL,
    wrapped    BLOB    NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (tenant_id, purpose, subject, version),
    CHECK ((status = 'destroyed') = (wrapped IS NULL)),
    CHECK ((purpose = 'subject') = (subject <> ''))
) STRICT;

CREATE UNIQUE INDEX vault_keys_active ON vault_keys (tenant_id, purpose, subject) WHERE status = 'active';

-- Secrets of tenants. The value is sealed; the rest says where it may go.
CREATE TABLE secrets (
    tenant_id        BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    name             TEXT    NOT NULL,
    value            BLOB    NOT NULL,
    hosts            TEXT    NOT NULL,
    header           TEXT    NOT NULL,
    prefix           TEXT    NOT NULL,
    allow_plain_http INTEGER NOT NULL CHECK (allow_plain_http IN (0, 1)),
    revision         INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    created_by       TEXT    NOT NULL,
    changed_at       INTEGER NOT NULL,
    changed_by       TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;
