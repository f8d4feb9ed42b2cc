-- The events of a run that ended long ago lie in a compressed file: its hash, the place of the newest event in it, and when
-- the last of the rows was gone.
ALTER TABLE runs ADD COLUMN archive TEXT;
ALTER TABLE runs ADD COLUMN archived_head INTEGER;
ALTER TABLE runs ADD COLUMN archived_at INTEGER;

CREATE INDEX runs_ended ON runs (tenant_id, ended_at) WHERE ended_at IS NOT NULL AND archive IS NULL;
CREATE INDEX runs_archiving ON runs (tenant_id, run_id) WHERE archive IS NOT NULL AND archived_at IS NULL;
CREATE INDEX runs_archived ON runs (tenant_id, ended_at) WHERE archived_at IS NOT NULL;

-- Which run an Idempotency-Key started. Run ids begin with the time, whoever made them up.
CREATE TABLE run_keys (
    tenant_id BLOB NOT NULL,
    key_hash TEXT NOT NULL,
    run_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, key_hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_keys_by_age ON run_keys (tenant_id, created_at);

-- Which blobs the archives of runs name, and the archives themselves.
CREATE TABLE run_blobs (
    run_id BLOB NOT NULL,
    hash TEXT NOT NULL,
    tenant_id BLOB NOT NULL,
    PRIMARY KEY (run_id, hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_blobs_by_hash ON run_blobs (tenant_id, hash);

-- Blobs of runs that were deleted; they go unless another run names them.
CREATE TABLE blob_trash (
    tenant_id BLOB NOT NULL,
    hash TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_events_blobs ON run_events (payload) WHERE substr(payload, 1, 10) = '{"$blob":"';
