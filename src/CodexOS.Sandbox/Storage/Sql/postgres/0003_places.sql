-- What a crash left is looked for by a work of its own: what is left of a workspace in a place that its tenant has gone from, or
-- is being brought to, says nothing of its files. Its number is taken all the same.
CREATE POLICY sweep_finds ON sandbox.workspaces FOR SELECT USING ((SELECT platform.works_as('sandbox.sweep'))
    AND NOT EXISTS (SELECT FROM platform.closed_tenants c WHERE c.tenant_id = workspaces.tenant_id));
