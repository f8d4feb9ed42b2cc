-- An agent, with what lists show of its newest version. Ids are 16 big-endian bytes, times Unix milliseconds.
CREATE TABLE agents (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant_id BLOB NOT NULL CHECK (length(tenant_id) = 16),
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    model TEXT NOT NULL,
    tools TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX agents_by_name ON agents (tenant_id, name);

-- Versions never change. 'definition' is the author's text, 'document' the canonical form that the digest is taken of.
CREATE TABLE agent_versions (
    agent_id BLOB NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    version INTEGER NOT NULL CHECK (version >= 1),
    tenant_id BLOB NOT NULL CHECK (length(tenant_id) = 16),
    definition TEXT NOT NULL,
    document TEXT NOT NULL,
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (agent_id, version)
) STRICT;

CREATE TRIGGER agent_versions_are_immutable BEFORE UPDATE ON agent_versions
BEGIN
    SELECT RAISE(ABORT, 'a version of an agent never changes');
END;

-- Tenants that were given the demo agent once. It is not given again to those who delete it.
CREATE TABLE agents_seeded (
    tenant_id BLOB NOT NULL PRIMARY KEY CHECK (length(tenant_id) = 16),
    seeded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
