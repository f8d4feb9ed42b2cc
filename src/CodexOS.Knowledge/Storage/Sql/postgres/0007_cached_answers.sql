-- A model's answer, kept for the next task that means the same. The answer is sealed under the tenant's key.
CREATE TABLE knowledge.cached_answers (
    answer_id     uuid        NOT NULL PRIMARY KEY,
    tenant_id     uuid        NOT NULL,
    exact_key     bytea       NOT NULL CHECK (length(exact_key) = 32),
    vector        bytea       NOT NULL,
    answer        bytea       NULL,
    label         text        NOT NULL,
    agent         text        NOT NULL CHECK (length(agent) <= 200),
    agent_version integer     NOT NULL,
    run_id        uuid        NOT NULL,
    asked_by      uuid        NOT NULL,
    hits          bigint      NOT NULL,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL
);

CREATE INDEX cached_answers_alike ON knowledge.cached_answers (tenant_id, exact_key);
CREATE INDEX cached_answers_of_person ON knowledge.cached_answers (tenant_id, asked_by);
CREATE INDEX cached_answers_expired ON knowledge.cached_answers (tenant_id, expires_at);
