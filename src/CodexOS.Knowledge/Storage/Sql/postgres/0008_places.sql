-- Syncs that are due are not started from rows that are being moved.
DROP POLICY sources_due ON knowledge.sources;
CREATE POLICY sources_due ON knowledge.sources FOR SELECT USING ((SELECT platform.works_as('knowledge.sources'))
    AND NOT EXISTS (SELECT FROM platform.closed_tenants c WHERE c.tenant_id = sources.tenant_id));
