-- What the engine does for all tenants, beyond the policy that the start gives every table with a tenant_id. It finds runs
-- and takes them over; whose they are, it learns from their rows. Events are written for the tenants they belong to.
CREATE POLICY engine_finds ON runs.runs FOR SELECT USING ((SELECT platform.works_as('runs.engine')));
CREATE POLICY engine_claims ON runs.runs FOR UPDATE USING ((SELECT platform.works_as('runs.engine')));
CREATE POLICY engine_reads ON runs.run_events FOR SELECT USING ((SELECT platform.works_as('runs.engine')));

-- Retention asks once a day which tenants have something old.
CREATE POLICY retention_finds ON runs.runs FOR SELECT USING ((SELECT platform.works_as('runs.retention')));

-- The server's role owns no table, so it makes and drops partitions through these functions of the owner, who sees the rows of
-- partitions whatever tenant they belong to. A partition has policies of its own, for whoever names it instead of its parent.
DO $$
DECLARE
    partition regclass;
BEGIN
    FOR partition IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'runs.run_events'::regclass LOOP
        EXECUTE format('CREATE POLICY partitions ON %s TO CURRENT_USER USING (true)', partition);
    END LOOP;
END $$;

-- Makes the partition of a month, with the rows of the month that lie in the default partition: those of ids that were made up
-- by a clock ahead, or of the month in which the first partition is made. Appends wait for so long. With more than rows_max of
-- them the month stays where it is. Says 'made', 'there' or 'stays'.
CREATE FUNCTION runs.make_partition(partition text, first uuid, next uuid, rows_max integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rows_count bigint;
BEGIN
    IF partition !~ '^run_events_[0-9]{6}$' THEN
        RAISE EXCEPTION 'A partition of events is called run_events_ and its month, not %.', partition;
    END IF;
    PERFORM pg_advisory_xact_lock(74145705517426);
    IF to_regclass(format('runs.%I', partition)) IS NOT NULL THEN
        RETURN 'there';
    END IF;
    LOCK TABLE runs.run_events IN ACCESS EXCLUSIVE MODE;
    SELECT count(*) INTO rows_count FROM (
        SELECT 1 FROM runs.run_events_default e WHERE e.run_id >= first AND e.run_id < next LIMIT rows_max + 1) few;
    IF rows_count > rows_max THEN
        RETURN 'stays';
    END IF;
    EXECUTE format(
        'CREATE TABLE runs.%I (LIKE runs.run_events INCLUDING ALL) WITH (
            autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_vacuum_scale_factor = 0.05)', partition);
    PERFORM platform.protect(format('runs.%I', partition)::regclass);
    EXECUTE format('CREATE POLICY partitions ON runs.%I TO CURRENT_USER USING (true)', partition);
    EXECUTE format(
        'WITH moved AS (DELETE FROM runs.run_events_default e WHERE e.run_id >= $1 AND e.run_id < $2 RETURNING *)
            INSERT INTO runs.%I SELECT * FROM moved', partition) USING first, next;
    EXECUTE format(
        'ALTER TABLE runs.run_events ATTACH PARTITION runs.%I FOR VALUES FROM (%L) TO (%L)', partition, first, next);
    RETURN 'made';
END $$;

-- Drops the partition of a month if it is empty; whether it did. One whose rows the owner could not see is left alone: it
-- would look empty.
CREATE FUNCTION runs.drop_partition(partition text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_used boolean;
BEGIN
    IF partition !~ '^run_events_[0-9]{6}$' OR NOT EXISTS (
        SELECT 1 FROM pg_policy p WHERE p.polrelid = to_regclass(format('runs.%I', partition)) AND p.polname = 'partitions'
            AND (SELECT oid FROM pg_roles WHERE rolname = current_user) = ANY (p.polroles))
    THEN
        RETURN false;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM runs.%I)', partition) INTO is_used;
    IF is_used THEN
        RETURN false;
    END IF;
    LOCK TABLE runs.run_events IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM runs.%I)', partition) INTO is_used;
    IF is_used THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE runs.%I', partition);
    RETURN true;
END $$;

-- Whose a run or approval is, is asked when a tenant was told that there is none: the other tenant's id is then recorded.
CREATE POLICY owners_find ON runs.runs FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
CREATE POLICY owners_find ON runs.approvals FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
