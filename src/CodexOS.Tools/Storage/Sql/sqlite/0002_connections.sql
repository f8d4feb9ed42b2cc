-- A tenant's sources of tools: MCP servers and API documents. No secret is kept here, only names of secrets.
CREATE TABLE connections (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant_id BLOB NOT NULL CHECK (length(tenant_id) = 16),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    settings TEXT NOT NULL,
    document TEXT,
    overrides TEXT NOT NULL,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    notes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    refreshed_at INTEGER
) STRICT;

CREATE UNIQUE INDEX connections_by_name ON connections (tenant_id, name);

-- What was found there at the last refresh. The primary key keeps a tenant's tools from sharing a name.
CREATE TABLE connection_tools (
    tenant_id BLOB NOT NULL CHECK (length(tenant_id) = 16),
    name TEXT NOT NULL,
    connection_id BLOB NOT NULL CHECK (length(connection_id) = 16),
    definition TEXT NOT NULL,
    PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX connection_tools_by_connection ON connection_tools (connection_id);
