-- A tenant's sources of tools: MCP servers and API documents. No secret is kept here, only names of secrets.
CREATE TABLE tools.connections (
    id uuid NOT NULL PRIMARY KEY,
    tenant_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    settings text NOT NULL,
    document text,
    overrides text NOT NULL,
    revision integer NOT NULL,
    state text NOT NULL,
    notes text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    refreshed_at timestamptz
);

CREATE UNIQUE INDEX connections_by_name ON tools.connections (tenant_id, name);

-- What was found there at the last refresh. The primary key keeps a tenant's tools from sharing a name.
CREATE TABLE tools.connection_tools (
    tenant_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    connection_id uuid NOT NULL,
    definition text NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

CREATE INDEX connection_tools_by_connection ON tools.connection_tools (connection_id);
