-- An agent, with what lists show of its newest version.
CREATE TABLE agents.agents (
    id uuid NOT NULL PRIMARY KEY,
    tenant_id uuid NOT NULL,
    -- Names are compared byte by byte, as they are on SQLite, so that lists and their cursors have one order.
    name text COLLATE "C" NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    model text NOT NULL,
    tools text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE UNIQUE INDEX agents_by_name ON agents.agents (tenant_id, name);

-- Versions never change. 'definition' is the author's text, 'document' the canonical form that the digest is taken of.
CREATE TABLE agents.agent_versions (
    agent_id uuid NOT NULL REFERENCES agents.agents (id) ON DELETE CASCADE,
    version integer NOT NULL CHECK (version >= 1),
    tenant_id uuid NOT NULL,
    definition text NOT NULL,
    document text NOT NULL,
    digest text NOT NULL CHECK (length(digest) = 64),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (agent_id, version)
);

CREATE FUNCTION agents.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version of an agent never changes';
END $$;

CREATE TRIGGER agent_versions_are_immutable BEFORE UPDATE ON agents.agent_versions
    FOR EACH ROW EXECUTE FUNCTION agents.refuse_change();

-- Tenants that were given the demo agent once. It is not given again to those who delete it.
CREATE TABLE agents.agents_seeded (
    tenant_id uuid NOT NULL PRIMARY KEY,
    seeded_at timestamptz NOT NULL
);
