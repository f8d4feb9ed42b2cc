-- The events of a run that ended long ago lie in a compressed file: its hash, the place of the newest event in it, and when
-- the last of the rows was gone.
ALTER TABLE runs.runs
    ADD COLUMN archive text,
    ADD COLUMN archived_head integer,
    ADD COLUMN archived_at timestamptz;

CREATE INDEX runs_ended ON runs.runs (tenant_id, ended_at) WHERE ended_at IS NOT NULL AND archive IS NULL;
CREATE INDEX runs_archiving ON runs.runs (tenant_id, run_id) WHERE archive IS NOT NULL AND archived_at IS NULL;
CREATE INDEX runs_archived ON runs.runs (tenant_id, ended_at) WHERE archived_at IS NOT NULL;

-- Which run an Idempotency-Key started. Run ids begin with the time, whoever made them up.
CREATE TABLE runs.run_keys (
    tenant_id uuid NOT NULL,
    key_hash text NOT NULL,
    run_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key_hash)
);

CREATE INDEX run_keys_by_age ON runs.run_keys (tenant_id, created_at);

-- Which blobs the archives of runs name, and the archives themselves.
CREATE TABLE runs.run_blobs (
    run_id uuid NOT NULL,
    hash text NOT NULL,
    tenant_id uuid NOT NULL,
    PRIMARY KEY (run_id, hash)
);

CREATE INDEX run_blobs_by_hash ON runs.run_blobs (tenant_id, hash);

-- Blobs of runs that were deleted; they go unless another run names them.
CREATE TABLE runs.blob_trash (
    tenant_id uuid NOT NULL,
    hash text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, hash)
);

CREATE INDEX run_events_blobs ON runs.run_events (payload) WHERE substr(payload, 1, 10) = '{"$blob":"';
