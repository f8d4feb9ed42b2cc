-- A knowledge base. Its content is encrypted under content_key, which is sealed under a key of the base's own in the vault:
-- destroying that makes the content unreadable, in backups too.
CREATE TABLE knowledge.knowledge_bases (
    base_id     uuid        NOT NULL PRIMARY KEY,
    tenant_id   uuid        NOT NULL,
    name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    description text        NOT NULL CHECK (length(description) <= 1000),
    content_key bytea       NULL,
    created_at  timestamptz NOT NULL,
    created_by  uuid        NOT NULL,
    UNIQUE (tenant_id, name)
);

-- A document of a knowledge base; content and text are encrypted among the blobs.
CREATE TABLE knowledge.documents (
    document_id      uuid        NOT NULL PRIMARY KEY,
    tenant_id        uuid        NOT NULL,
    base_id          uuid        NOT NULL REFERENCES knowledge.knowledge_bases (base_id),
    name             text        NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
    media_type       text        NOT NULL CHECK (length(media_type) <= 200),
    version          integer     NOT NULL CHECK (version >= 1),
    fingerprint      text        NOT NULL CHECK (length(fingerprint) = 64),
    size_bytes       bigint      NOT NULL CHECK (size_bytes >= 0),
    content_blob     text        NOT NULL CHECK (length(content_blob) = 64),
    text_blob        text        NULL CHECK (length(text_blob) = 64),
    state            text        NOT NULL CHECK (state IN ('pending', 'indexed', 'failed')),
    format           text        NULL,
    title            text        NULL,
    fault_code       text        NULL,
    fault_message    text        NULL,
    passages_count   integer     NOT NULL,
    characters_count bigint      NOT NULL,
    readers          text        NOT NULL,
    metadata         text        NOT NULL,
    at               timestamptz NULL,
    created_at       timestamptz NOT NULL,
    changed_at       timestamptz NOT NULL,
    added_by         uuid        NOT NULL,
    UNIQUE (base_id, name)
);

CREATE INDEX documents_of_base ON knowledge.documents (base_id, document_id);
CREATE INDEX documents_of_tenant ON knowledge.documents (tenant_id);
CREATE INDEX documents_waiting ON knowledge.documents (base_id, document_id) WHERE state = 'pending';

-- Whose a base or a document is, is asked when a tenant was told that there is none: the other tenant's id is then recorded.
CREATE POLICY owners_find ON knowledge.knowledge_bases FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
CREATE POLICY owners_find ON knowledge.documents FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
