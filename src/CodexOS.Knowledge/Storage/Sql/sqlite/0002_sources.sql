-- A place that a knowledge base is kept in step with.
CREATE TABLE sources (
    source_id  BLOB    NOT NULL PRIMARY KEY CHECK (length(source_id) = 16),
    tenant_id  BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    base_id    BLOB    NOT NULL REFERENCES knowledge_bases (base_id),
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    kind       TEXT    NOT NULL CHECK (kind IN ('folder', 'web', 'sitemap', 'git', 's3')),
    place      TEXT    NOT NULL,
    schedule   TEXT    NULL,
    is_paused  INTEGER NOT NULL,
    next_at    INTEGER NULL,
    round      INTEGER NOT NULL CHECK (round >= 0),
    is_syncing INTEGER NOT NULL,
    run_id     BLOB    NULL CHECK (length(run_id) = 16),
    started_at INTEGER NULL,
    ended_at   INTEGER NULL,
    result     TEXT    NULL,
    created_at INTEGER NOT NULL,
    created_by BLOB    NOT NULL CHECK (length(created_by) = 16),
    UNIQUE (base_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX sources_of_tenant ON sources (tenant_id);
CREATE INDEX sources_due ON sources (next_at) WHERE next_at IS NOT NULL;

-- Something that a source holds, and what the newest sync did with it.
CREATE TABLE source_items (
    source_id     BLOB    NOT NULL REFERENCES sources (source_id),
    tenant_id     BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    item_key      TEXT    NOT NULL CHECK (length(item_key) BETWEEN 1 AND 400),
    mark          TEXT    NULL,
    listed_mark   TEXT    NULL,
    seen_round    INTEGER NOT NULL,
    outcome       TEXT    NOT NULL CHECK (outcome IN ('waiting', 'added', 'changed', 'unchanged', 'removed', 'failed')),
    document_id   BLOB    NULL CHECK (length(document_id) = 16),
    fault_code    TEXT    NULL,
    fault_message TEXT    NULL,
    PRIMARY KEY (source_id, item_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX source_items_of_tenant ON source_items (tenant_id);
CREATE INDEX source_items_waiting ON source_items (source_id, item_key) WHERE outcome = 'waiting';

-- The source that a document comes from; null if somebody added it.
ALTER TABLE documents ADD COLUMN source_id BLOB NULL REFERENCES sources (source_id);
CREATE INDEX documents_of_source ON documents (source_id) WHERE source_id IS NOT NULL;
