-- Rotations of keys, and which one has the turn: of a tenant's, one at most has not ended.
CREATE TABLE key_rotations (
    run_id     BLOB    NOT NULL PRIMARY KEY CHECK (length(run_id) = 16),
    tenant_id  BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    started_by BLOB    NOT NULL CHECK (length(started_by) = 16),
    started_at INTEGER NOT NULL,
    ended_at   INTEGER NULL,
    report     TEXT    NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX key_rotations_of_tenant ON key_rotations (tenant_id, run_id);
CREATE UNIQUE INDEX key_rotations_one_at_a_time ON key_rotations (tenant_id) WHERE ended_at IS NULL;
