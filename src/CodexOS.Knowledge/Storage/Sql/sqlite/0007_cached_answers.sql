-- A model's answer, kept for the next task that means the same. The answer is sealed under the tenant's key.
CREATE TABLE cached_answers (
    answer_id     BLOB    NOT NULL PRIMARY KEY CHECK (length(answer_id) = 16),
    tenant_id     BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    exact_key     BLOB    NOT NULL CHECK (length(exact_key) = 32),
    vector        BLOB    NOT NULL,
    answer        BLOB    NULL,
    label         TEXT    NOT NULL,
    agent         TEXT    NOT NULL CHECK (length(agent) <= 200),
    agent_version INTEGER NOT NULL,
    run_id        BLOB    NOT NULL CHECK (length(run_id) = 16),
    asked_by      BLOB    NOT NULL CHECK (length(asked_by) = 16),
    hits          INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX cached_answers_alike ON cached_answers (tenant_id, exact_key);
CREATE INDEX cached_answers_of_person ON cached_answers (tenant_id, asked_by);
CREATE INDEX cached_answers_expired ON cached_answers (tenant_id, expires_at);
