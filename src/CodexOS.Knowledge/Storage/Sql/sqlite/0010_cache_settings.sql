-- The tasks of a key are read in the order in which they came, and only those that are new.
DROP INDEX cached_answers_alike;
CREATE INDEX cached_answers_alike ON cached_answers (tenant_id, exact_key, created_at);

-- Whether the agents of a tenant may give answers again; without a row they may.
CREATE TABLE cache_settings (
    tenant_id  BLOB    NOT NULL PRIMARY KEY CHECK (length(tenant_id) = 16),
    is_off     INTEGER NOT NULL CHECK (is_off IN (0, 1)),
    changed_at INTEGER NOT NULL,
    changed_by BLOB    NOT NULL CHECK (length(changed_by) = 16)
) STRICT;
