-- Row-level security: the same policy for every table with a tenant_id, read from two settings that every statement sets for
-- its transaction. What is not set lets nothing through. docs/decisions/0006-row-level-security.md says why it is so.

-- The tenants that the present statement works for, or null.
CREATE FUNCTION platform.tenants() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT string_to_array(NULLIF(current_setting('codexos.tenants', true), ''), ',')::uuid[]
$$;

-- Whether the named work is under way that a policy makes an exception for.
CREATE FUNCTION platform.works_as(work text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(current_setting('codexos.work', true) = work, false)
$$;

-- Enables and forces row-level security on a table, with the policy. The setting is read once a statement, not once a row.
CREATE FUNCTION platform.protect(tenant_table regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('DROP POLICY IF EXISTS tenant ON %s', tenant_table);
    EXECUTE format(
        'CREATE POLICY tenant ON %s USING (tenant_id = ANY ((SELECT platform.tenants())::uuid[]))', tenant_table);
END $$;

-- Every table of CodexOS with a tenant_id, partitions included, and whether it is protected. The start protects those that
-- are not, so that no migration can forget to.
CREATE VIEW platform.tenant_tables AS
    SELECT c.oid::regclass AS name,
        c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
            SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant') AS is_protected
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p')
        AND n.nspowner = (SELECT nspowner FROM pg_namespace WHERE nspname = 'platform') AND n.nspname <> 'public';

-- How the installation serves at the moment, the same for all nodes. One row, there from the start.
CREATE TABLE platform.service_mode (
    service_mode_id integer NOT NULL PRIMARY KEY CHECK (service_mode_id = 1),
    mode text NOT NULL CHECK (mode IN ('normal', 'read_only', 'maintenance')),
    reason text NULL CHECK (length(reason) <= 500),
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);

INSERT INTO platform.service_mode (service_mode_id, mode, changed_at, changed_by) VALUES (1, 'normal', now(), 'system');

-- What the installation's owner allowed a tenant beyond, or below, what the options allow everybody; null is the options' say
-- again. Rows are not deleted, so that nodes see by the time what changed.
CREATE TABLE platform.quotas (
    tenant_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
    value bigint NULL CHECK (value >= 0),
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

CREATE INDEX quotas_by_change ON platform.quotas (changed_at);
CREATE POLICY quotas_reads ON platform.quotas FOR SELECT USING ((SELECT platform.works_as('platform.quotas')));
