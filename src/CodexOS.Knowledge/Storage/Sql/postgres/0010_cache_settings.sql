-- The tasks of a key are read in the order in which they came, and only those that are new.
DROP INDEX knowledge.cached_answers_alike;
CREATE INDEX cached_answers_alike ON knowledge.cached_answers (tenant_id, exact_key, created_at);

-- Whether the agents of a tenant may give answers again; without a row they may.
CREATE TABLE knowledge.cache_settings (
    tenant_id  uuid        NOT NULL PRIMARY KEY,
    is_off     boolean     NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by uuid        NOT NULL
);
