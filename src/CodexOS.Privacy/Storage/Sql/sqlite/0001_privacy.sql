-- The archives of exports, in the blob store until they expire.
CREATE TABLE subject_exports (
    run_id       BLOB    NOT NULL PRIMARY KEY CHECK (length(run_id) = 16),
    tenant_id    BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    subject      BLOB    NOT NULL CHECK (length(subject) = 16),
    requested_by BLOB    NOT NULL CHECK (length(requested_by) = 16),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    size_bytes   INTEGER NOT NULL CHECK (size_bytes > 0),
    hash         TEXT    NOT NULL CHECK (length(hash) = 64)
) STRICT, WITHOUT ROWID;

CREATE INDEX subject_exports_of_tenant ON subject_exports (tenant_id, run_id);

-- Erasures that are done, with their signed receipts.
CREATE TABLE erasures (
    run_id       BLOB    NOT NULL PRIMARY KEY CHECK (length(run_id) = 16),
    tenant_id    BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    subject      BLOB    NOT NULL CHECK (length(subject) = 16),
    requested_by BLOB    NOT NULL CHECK (length(requested_by) = 16),
    at           INTEGER NOT NULL,
    receipt      TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX erasures_of_tenant ON erasures (tenant_id, run_id);

-- How long a tenant keeps each kind of data; of a kind without a row, what the server's options say.
CREATE TABLE retention (
    tenant_id  BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    kind       TEXT    NOT NULL,
    days       INTEGER NOT NULL CHECK (days >= 1),
    changed_at INTEGER NOT NULL,
    changed_by BLOB    NOT NULL CHECK (length(changed_by) = 16),
    PRIMARY KEY (tenant_id, kind)
) STRICT, WITHOUT ROWID;
