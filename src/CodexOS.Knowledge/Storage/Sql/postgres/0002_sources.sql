-- A place that a knowledge base is kept in step with.
CREATE TABLE knowledge.sources (
    source_id  uuid        NOT NULL PRIMARY KEY,
    tenant_id  uuid        NOT NULL,
    base_id    uuid        NOT NULL REFERENCES knowledge.knowledge_bases (base_id),
    name       text        NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    kind       text        NOT NULL CHECK (kind IN ('folder', 'web', 'sitemap', 'git', 's3')),
    place      text        NOT NULL,
    schedule   text        NULL,
    is_paused  boolean     NOT NULL,
    next_at    timestamptz NULL,
    round      bigint      NOT NULL CHECK (round >= 0),
    is_syncing boolean     NOT NULL,
    run_id     uuid        NULL,
    started_at timestamptz NULL,
    ended_at   timestamptz NULL,
    result     text        NULL,
    created_at timestamptz NOT NULL,
    created_by uuid        NOT NULL,
    UNIQUE (base_id, name)
);

CREATE INDEX sources_of_tenant ON knowledge.sources (tenant_id);
CREATE INDEX sources_due ON knowledge.sources (next_at) WHERE next_at IS NOT NULL;

-- Something that a source holds, and what the newest sync did with it.
CREATE TABLE knowledge.source_items (
    source_id     uuid   NOT NULL REFERENCES knowledge.sources (source_id),
    tenant_id     uuid   NOT NULL,
    item_key      text   NOT NULL CHECK (length(item_key) BETWEEN 1 AND 400),
    mark          text   NULL,
    listed_mark   text   NULL,
    seen_round    bigint NOT NULL,
    outcome       text   NOT NULL CHECK (outcome IN ('waiting', 'added', 'changed', 'unchanged', 'removed', 'failed')),
    document_id   uuid   NULL,
    fault_code    text   NULL,
    fault_message text   NULL,
    PRIMARY KEY (source_id, item_key)
);

CREATE INDEX source_items_of_tenant ON knowledge.source_items (tenant_id);
CREATE INDEX source_items_waiting ON knowledge.source_items (source_id, item_key) WHERE outcome = 'waiting';

-- The source that a document comes from; null if somebody added it.
ALTER TABLE knowledge.documents ADD COLUMN source_id uuid NULL REFERENCES knowledge.sources (source_id);
CREATE INDEX documents_of_source ON knowledge.documents (source_id) WHERE source_id IS NOT NULL;

-- Which syncs are due is asked of all tenants at once.
CREATE POLICY sources_due ON knowledge.sources FOR SELECT USING ((SELECT platform.works_as('knowledge.sources')));
CREATE POLICY owners_find ON knowledge.sources FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
