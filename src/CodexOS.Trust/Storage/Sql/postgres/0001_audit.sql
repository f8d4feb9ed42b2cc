-- What was recorded by the transactions that did it, and has no place in its log yet.
CREATE TABLE trust.audit_pending (
    pending_id    bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id     uuid        NOT NULL,
    entry_id      uuid        NOT NULL UNIQUE,
    at            timestamptz NOT NULL,
    action        text        NOT NULL,
    outcome       text        NOT NULL CHECK (outcome IN ('done', 'denied', 'failed')),
    actor_kind    text        NOT NULL,
    actor_id      text        NOT NULL,
    resource_type text        NULL,
    resource_id   text        NULL,
    details       text        NOT NULL,
    commitments   text        NOT NULL,
    CHECK ((resource_type IS NULL) = (resource_id IS NULL))
);

CREATE INDEX audit_pending_of_tenant ON trust.audit_pending (tenant_id, pending_id);

-- The entries of each tenant's log, numbered from 0 without gaps: the leaves of its Merkle tree.
CREATE TABLE trust.audit_entries (
    tenant_id     uuid        NOT NULL,
    leaf_index    bigint      NOT NULL CHECK (leaf_index >= 0),
    entry_id      uuid        NOT NULL UNIQUE,
    at            timestamptz NOT NULL,
    action        text        NOT NULL COLLATE "C",
    outcome       text        NOT NULL CHECK (outcome IN ('done', 'denied', 'failed')),
    actor_kind    text        NOT NULL,
    actor_id      text        NOT NULL,
    resource_type text        NULL,
    resource_id   text        NULL,
    details       text        NOT NULL,
    commitments   text        NOT NULL,
    PRIMARY KEY (tenant_id, leaf_index),
    CHECK ((resource_type IS NULL) = (resource_id IS NULL))
);

CREATE INDEX audit_entries_by_time ON trust.audit_entries (tenant_id, at);
CREATE INDEX audit_entries_by_action ON trust.audit_entries (tenant_id, action, leaf_index);
CREATE INDEX audit_entries_by_actor ON trust.audit_entries (tenant_id, actor_id, leaf_index);
CREATE INDEX audit_entries_by_resource ON trust.audit_entries (tenant_id, resource_type, resource_id, leaf_index);

-- Facts about persons, apart from the log so that they can be erased; the log has a commitment to each.
CREATE TABLE trust.audit_personal (
    tenant_id uuid  NOT NULL,
    entry_id  uuid  NOT NULL,
    field     text  NOT NULL,
    subject   text  NOT NULL,
    salt      bytea NOT NULL CHECK (octet_length(salt) = 32),
    value     text  NOT NULL,
    PRIMARY KEY (entry_id, field)
);

CREATE INDEX audit_personal_of_subject ON trust.audit_personal (tenant_id, subject);

-- The hashes of all complete subtrees: level 0 has the leaves, a node of level n covers 2^n of them.
CREATE TABLE trust.audit_nodes (
    tenant_id  uuid     NOT NULL,
    node_level smallint NOT NULL CHECK (node_level BETWEEN 0 AND 62),
    node_index bigint   NOT NULL CHECK (node_index >= 0),
    hash       bytea    NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (tenant_id, node_level, node_index)
);

CREATE TABLE trust.audit_trees (
    tenant_id       uuid        NOT NULL PRIMARY KEY,
    size            bigint      NOT NULL CHECK (size >= 0),
    root            bytea       NOT NULL CHECK (octet_length(root) = 32),
    changed_at      timestamptz NOT NULL,
    checkpoint_size bigint      NOT NULL CHECK (checkpoint_size BETWEEN 0 AND size),
    checkpoint_at   timestamptz NOT NULL
);

CREATE INDEX audit_trees_without_checkpoint ON trust.audit_trees (tenant_id) WHERE size > checkpoint_size;

-- What was signed; published_at is set when every place outside of the database has a copy.
CREATE TABLE trust.audit_checkpoints (
    tenant_id    uuid        NOT NULL,
    size         bigint      NOT NULL CHECK (size > 0),
    root         bytea       NOT NULL CHECK (octet_length(root) = 32),
    at           timestamptz NOT NULL,
    note         text        NOT NULL,
    published_at timestamptz NULL,
    PRIMARY KEY (tenant_id, size)
);

CREATE INDEX audit_checkpoints_unpublished ON trust.audit_checkpoints (tenant_id, size) WHERE published_at IS NULL;

-- Whoever owns the tables can take these away, and is found out by the proofs; a mistake in a statement cannot.
CREATE FUNCTION trust.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever appended to';
END
$$;

CREATE TRIGGER audit_entries_are_final BEFORE UPDATE OR DELETE ON trust.audit_entries
    FOR EACH ROW EXECUTE FUNCTION trust.refuse_change();

CREATE TRIGGER audit_nodes_are_final BEFORE UPDATE OR DELETE ON trust.audit_nodes
    FOR EACH ROW EXECUTE FUNCTION trust.refuse_change();

CREATE TRIGGER audit_checkpoints_stay BEFORE DELETE ON trust.audit_checkpoints
    FOR EACH ROW EXECUTE FUNCTION trust.refuse_change();
