-- A knowledge base. Its content is encrypted under content_key, which is sealed under a key of the base's own in the vault:
-- destroying that makes the content unreadable, in backups too.
CREATE TABLE knowledge_bases (
    base_id     BLOB    NOT NULL PRIMARY KEY CHECK (length(base_id) = 16),
    tenant_id   BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    name        TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    description TEXT    NOT NULL CHECK (length(description) <= 1000),
    content_key BLOB    NULL,
    created_at  INTEGER NOT NULL,
    created_by  BLOB    NOT NULL CHECK (length(created_by) = 16),
    UNIQUE (tenant_id, name)
) STRICT, WITHOUT ROWID;

-- A document of a knowledge base; content and text are encrypted among the blobs.
CREATE TABLE documents (
    document_id      BLOB    NOT NULL PRIMARY KEY CHECK (length(document_id) = 16),
    tenant_id        BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    base_id          BLOB    NOT NULL REFERENCES knowledge_bases (base_id),
    name             TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
    media_type       TEXT    NOT NULL CHECK (length(media_type) <= 200),
    version          INTEGER NOT NULL CHECK (version >= 1),
    fingerprint      TEXT    NOT NULL CHECK (length(fingerprint) = 64),
    size_bytes       INTEGER NOT NULL CHECK (size_bytes >= 0),
    content_blob     TEXT    NOT NULL CHECK (length(content_blob) = 64),
    text_blob        TEXT    NULL CHECK (length(text_blob) = 64),
    state            TEXT    NOT NULL CHECK (state IN ('pending', 'indexed', 'failed')),
    format           TEXT    NULL,
    title            TEXT    NULL,
    fault_code       TEXT    NULL,
    fault_message    TEXT    NULL,
    passages_count   INTEGER NOT NULL,
    characters_count INTEGER NOT NULL,
    readers          TEXT    NOT NULL,
    metadata         TEXT    NOT NULL,
    at               INTEGER NULL,
    created_at       INTEGER NOT NULL,
    changed_at       INTEGER NOT NULL,
    added_by         BLOB    NOT NULL CHECK (length(added_by) = 16),
    UNIQUE (base_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX documents_of_base ON documents (base_id, document_id);
CREATE INDEX documents_of_tenant ON documents (tenant_id);
CREATE INDEX documents_waiting ON documents (base_id, document_id) WHERE state = 'pending';
