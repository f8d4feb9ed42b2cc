-- Ids are 16 big-endian bytes, times are milliseconds since 1970 in UTC.
CREATE TABLE runs (
    run_id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_version INTEGER NOT NULL,
    title TEXT NOT NULL,
    created_by BLOB NOT NULL,
    status INTEGER NOT NULL,
    owner TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    wake_at INTEGER,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    steps_count INTEGER NOT NULL,
    tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    cost_micro_usd INTEGER NOT NULL,
    model TEXT,
    model_is_real INTEGER NOT NULL,
    workspace TEXT,
    output TEXT,
    fault_code TEXT,
    fault_kind TEXT,
    fault_message TEXT
) STRICT;

CREATE INDEX runs_by_tenant ON runs (tenant_id, created_at DESC, run_id DESC);
CREATE INDEX runs_open ON runs (status, owner) WHERE status <= 1;
CREATE INDEX runs_waiting ON runs (wake_at) WHERE wake_at IS NOT NULL;

-- Events lie in the order in which they were appended, whichever run they belong to: a commit of many runs then writes
-- few neighbouring pages instead of one page a run.
CREATE TABLE run_events (
    run_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    tenant_id BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    payload TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX run_events_by_run ON run_events (run_id, seq);

-- What was asked is in the journal at (run_id, seq); this is the queue of what is undecided.
CREATE TABLE approvals (
    approval_id BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL,
    run_id BLOB NOT NULL REFERENCES runs (run_id),
    seq INTEGER NOT NULL,
    state INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX approvals_by_state ON approvals (tenant_id, state, approval_id DESC);
CREATE INDEX approvals_by_run ON approvals (run_id);
