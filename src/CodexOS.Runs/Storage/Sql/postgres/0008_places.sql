-- The engine and retention leave alone what is being moved: rows that are not all there yet, and rows that have gone elsewhere.
DROP POLICY engine_finds ON runs.runs;
DROP POLICY engine_claims ON runs.runs;
DROP POLICY engine_reads ON runs.run_events;
DROP POLICY retention_finds ON runs.runs;
CREATE POLICY engine_finds ON runs.runs FOR SELECT USING ((SELECT platform.works_as('runs.engine'))
    AND NOT EXISTS (SELECT FROM platform.closed_tenants c WHERE c.tenant_id = runs.tenant_id));
CREATE POLICY engine_claims ON runs.runs FOR UPDATE USING ((SELECT platform.works_as('runs.engine'))
    AND NOT EXISTS (SELECT FROM platform.closed_tenants c WHERE c.tenant_id = runs.tenant_id));
CREATE POLICY engine_reads ON runs.run_events FOR SELECT USING ((SELECT platform.works_as('runs.engine'))
    AND NOT EXISTS (SELECT FROM platform.closed_tenants c WHERE c.tenant_id = run_events.tenant_id));
CREATE POLICY retention_finds ON runs.runs FOR SELECT USING ((SELECT platform.works_as('runs.retention'))
    AND NOT EXISTS (SELECT FROM platform.closed_tenants c WHERE c.tenant_id = runs.tenant_id));
