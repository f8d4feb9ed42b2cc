-- What was recorded by the transactions that did it, and has no place in its log yet.
CREATE TABLE audit_pending (
    pending_id    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant_id     BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    entry_id      BLOB    NOT NULL UNIQUE CHECK (length(entry_id) = 16),
    at            INTEGER NOT NULL,
    action        TEXT    NOT NULL,
    outcome       TEXT    NOT NULL CHECK (outcome IN ('done', 'denied', 'failed')),
    actor_kind    TEXT    NOT NULL,
    actor_id      TEXT    NOT NULL,
    resource_type TEXT    NULL,
    resource_id   TEXT    NULL,
    details       TEXT    NOT NULL,
    commitments   TEXT    NOT NULL,
    CHECK ((resource_type IS NULL) = (resource_id IS NULL))
) STRICT;

CREATE INDEX audit_pending_of_tenant ON audit_pending (tenant_id, pending_id);

-- The entries of each tenant's log, numbered from 0 without gaps: the leaves of its Merkle tree.
CREATE TABLE audit_entries (
    tenant_id     BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    leaf_index    INTEGER NOT NULL CHECK (leaf_index >= 0),
    entry_id      BLOB    NOT NULL UNIQUE CHECK (length(entry_id) = 16),
    at            INTEGER NOT NULL,
    action        TEXT    NOT NULL,
    outcome       TEXT    NOT NULL CHECK (outcome IN ('done', 'denied', 'failed')),
    actor_kind    TEXT    NOT NULL,
    actor_id      TEXT    NOT NULL,
    resource_type TEXT    NULL,
    resource_id   TEXT    NULL,
    details       TEXT    NOT NULL,
    commitments   TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, leaf_index),
    CHECK ((resource_type IS NULL) = (resource_id IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_entries_by_time ON audit_entries (tenant_id, at);
CREATE INDEX audit_entries_by_action ON audit_entries (tenant_id, action, leaf_index);
CREATE INDEX audit_entries_by_actor ON audit_entries (tenant_id, actor_id, leaf_index);
CREATE INDEX audit_entries_by_resource ON audit_entries (tenant_id, resource_type, resource_id, leaf_index);

-- Facts about persons, apart from the log so that they can be erased; the log has a commitment to each.
CREATE TABLE audit_personal (
    tenant_id BLOB NOT NULL CHECK (length(tenant_id) = 16),
    entry_id  BLOB NOT NULL CHECK (length(entry_id) = 16),
    field     TEXT NOT NULL,
    subject   TEXT NOT NULL,
    salt      BLOB NOT NULL CHECK (length(salt) = 32),
    value     TEXT NOT NULL,
    PRIMARY KEY (entry_id, field)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_personal_of_subject ON audit_personal (tenant_id, subject);

-- The hashes of all complete subtrees: level 0 has the leaves, a node of level n covers 2^n of them.
CREATE TABLE audit_nodes (
    tenant_id  BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    node_level INTEGER NOT NULL CHECK (node_level BETWEEN 0 AND 62),
    node_index INTEGER NOT NULL CHECK (node_index >= 0),
    hash       BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tenant_id, node_level, node_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_trees (
    tenant_id       BLOB    NOT NULL PRIMARY KEY CHECK (length(tenant_id) = 16),
    size            INTEGER NOT NULL CHECK (size >= 0),
    root            BLOB    NOT NULL CHECK (length(root) = 32),
    changed_at      INTEGER NOT NULL,
    checkpoint_size INTEGER NOT NULL CHECK (checkpoint_size BETWEEN 0 AND size),
    checkpoint_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX audit_trees_without_checkpoint ON audit_trees (tenant_id) WHERE size > checkpoint_size;

-- What was signed; published_at is set when every place outside of the database has a copy.
CREATE TABLE audit_checkpoints (
    tenant_id    BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    size         INTEGER NOT NULL CHECK (size > 0),
    root         BLOB    NOT NULL CHECK (length(root) = 32),
    at           INTEGER NOT NULL,
    note         TEXT    NOT NULL,
    published_at INTEGER NULL,
    PRIMARY KEY (tenant_id, size)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_checkpoints_unpublished ON audit_checkpoints (tenant_id, size) WHERE published_at IS NULL;

-- Whoever owns the file can take these away, and is found out by the proofs; a mistake in a statement cannot.
CREATE TRIGGER audit_entries_are_not_changed BEFORE UPDATE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only ever appended to');
END;

CREATE TRIGGER audit_entries_are_not_removed BEFORE DELETE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only ever appended to');
END;

CREATE TRIGGER audit_nodes_are_not_changed BEFORE UPDATE ON audit_nodes
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only ever appended to');
END;

CREATE TRIGGER audit_nodes_are_not_removed BEFORE DELETE ON audit_nodes
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only ever appended to');
END;

CREATE TRIGGER audit_checkpoints_stay BEFORE DELETE ON audit_checkpoints
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only ever appended to');
END;
