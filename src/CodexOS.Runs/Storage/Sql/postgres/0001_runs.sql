CREATE TABLE runs.runs (
    run_id uuid NOT NULL PRIMARY KEY,
    tenant_id uuid NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    subject_version integer NOT NULL,
    title text NOT NULL,
    created_by uuid NOT NULL,
    status smallint NOT NULL,
    owner text NOT NULL,
    epoch integer NOT NULL,
    wake_at timestamptz,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    steps_count integer NOT NULL,
    tokens_in bigint NOT NULL,
    tokens_out bigint NOT NULL,
    cost_micro_usd bigint NOT NULL,
    model text,
    model_is_real boolean NOT NULL,
    workspace text,
    output text,
    fault_code text,
    fault_kind text,
    fault_message text
) WITH (fillfactor = 70);

CREATE INDEX runs_by_tenant ON runs.runs (tenant_id, created_at DESC, run_id DESC);
CREATE INDEX runs_open ON runs.runs (owner) WHERE status <= 1;
CREATE INDEX runs_waiting ON runs.runs (wake_at) WHERE wake_at IS NOT NULL;

CREATE TABLE runs.run_events (
    run_id uuid NOT NULL,
    seq integer NOT NULL,
    tenant_id uuid NOT NULL,
    epoch integer NOT NULL,
    kind smallint NOT NULL,
    event_id uuid NOT NULL,
    payload text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (run_id, seq)
);

-- What was asked is in the journal at (run_id, seq); this is the queue of what is undecided.
CREATE TABLE runs.approvals (
    approval_id uuid NOT NULL PRIMARY KEY,
    tenant_id uuid NOT NULL,
    run_id uuid NOT NULL REFERENCES runs.runs (run_id),
    seq integer NOT NULL,
    state smallint NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX approvals_by_state ON runs.approvals (tenant_id, state, approval_id DESC);
CREATE INDEX approvals_by_run ON runs.approvals (run_id);
