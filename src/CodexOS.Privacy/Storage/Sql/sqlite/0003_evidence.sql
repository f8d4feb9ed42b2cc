-- Bundles of evidence, and their parts, sealed under a key of the bundle's own.
CREATE TABLE evidence_bundles (
    run_id       BLOB    NOT NULL PRIMARY KEY CHECK (length(run_id) = 16),
    tenant_id    BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    requested_by BLOB    NOT NULL CHECK (length(requested_by) = 16),
    period_from  INTEGER NOT NULL,
    period_to    INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ready_at     INTEGER NULL,
    size_bytes   INTEGER NOT NULL CHECK (size_bytes >= 0),
    files        INTEGER NOT NULL CHECK (files >= 0),
    sha256       TEXT    NULL CHECK (length(sha256) = 64)
) STRICT, WITHOUT ROWID;

CREATE INDEX evidence_bundles_of_tenant ON evidence_bundles (tenant_id, run_id);

CREATE TABLE evidence_parts (
    run_id    BLOB    NOT NULL CHECK (length(run_id) = 16),
    number    INTEGER NOT NULL CHECK (number >= 0),
    tenant_id BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    content   BLOB    NULL,
    PRIMARY KEY (run_id, number)
) STRICT;

CREATE INDEX evidence_parts_of_tenant ON evidence_parts (tenant_id, run_id);
