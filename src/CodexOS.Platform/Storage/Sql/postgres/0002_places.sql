-- Where the rows of a tenant's work lie: the schemas agents, knowledge, runs, sandbox and tools of the database that the
-- settings know by this name. A tenant without a row lies in the home database. Read in the home database only.
CREATE TABLE platform.tenant_places (
    tenant_id uuid NOT NULL PRIMARY KEY,
    place text COLLATE "C" NOT NULL CHECK (length(place) BETWEEN 1 AND 32),
    is_closing boolean NOT NULL DEFAULT false,
    -- It grows with every change, so that a change is never taken for a later one.
    number bigint NOT NULL CHECK (number >= 1),
    -- The move that has the turn: from where to where, and which run of which tenant does it.
    origin text COLLATE "C" NULL CHECK (length(origin) BETWEEN 1 AND 32),
    target text COLLATE "C" NULL CHECK (length(target) BETWEEN 1 AND 32),
    moved_by uuid NULL,
    moved_in uuid NULL,
    changed_at timestamptz NOT NULL,
    CHECK (num_nulls(origin, target, moved_by, moved_in) IN (0, 4))
);

CREATE INDEX tenant_places_by_change ON platform.tenant_places (changed_at);
CREATE POLICY places_reads ON platform.tenant_places FOR SELECT USING ((SELECT platform.works_as('platform.places')));

-- Tenants whose rows here nobody may read or write, whatever a server believes: those that are being brought here, and those
-- that have gone elsewhere, until they come back. The policies of everybody's statements look into it (platform.is_open).
CREATE TABLE platform.closed_tenants (
    tenant_id uuid NOT NULL PRIMARY KEY,
    closed_at timestamptz NOT NULL
);

CREATE POLICY closed_reads ON platform.closed_tenants FOR SELECT USING (true);

-- What this database is called among those of the installation, so that no two names mean the same one. One row.
CREATE TABLE platform.own_place (
    own_place_id integer NOT NULL PRIMARY KEY CHECK (own_place_id = 1),
    name text COLLATE "C" NOT NULL CHECK (length(name) BETWEEN 1 AND 32)
);

-- Whether the rows of a table lie in the place of their tenant.
CREATE FUNCTION platform.is_placed(tenant_table regclass) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT n.nspname IN ('agents', 'knowledge', 'runs', 'sandbox', 'tools')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = tenant_table
$$;

-- Refuses a statement that names a tenant which is closed here, unless it is the work that moves it. It raises and does not hide:
-- who finds nothing where there is something would go on, and remove for instance what nothing seems to name.
CREATE FUNCTION platform.is_open() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF EXISTS (SELECT FROM platform.closed_tenants c WHERE c.tenant_id = ANY (platform.tenants()))
        AND NOT platform.works_as('platform.moves')
    THEN
        RAISE EXCEPTION 'A tenant that the statement names does not lie here.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN true;
END $$;

-- As before, and where rows lie in the place of their tenant, a statement that names a closed one is refused. That is looked up
-- once a statement, not once a row.
CREATE OR REPLACE FUNCTION platform.protect(tenant_table regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('DROP POLICY IF EXISTS tenant ON %s', tenant_table);
    EXECUTE format(
        'CREATE POLICY tenant ON %s USING (tenant_id = ANY ((SELECT platform.tenants())::uuid[])%s)', tenant_table,
        CASE WHEN platform.is_placed(tenant_table) THEN ' AND (SELECT platform.is_open())' ELSE '' END);
END $$;

-- A policy from before that does not know of closed tenants does not protect a table whose rows can be moved.
CREATE OR REPLACE VIEW platform.tenant_tables AS
    SELECT c.oid::regclass AS name,
        c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
            SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant'
                AND (NOT platform.is_placed(c.oid::regclass)
                    OR pg_get_expr(p.polqual, p.polrelid) LIKE '%is_open()%')) AS is_protected
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p')
        AND n.nspowner = (SELECT nspowner FROM pg_namespace WHERE nspname = 'platform') AND n.nspname <> 'public';
