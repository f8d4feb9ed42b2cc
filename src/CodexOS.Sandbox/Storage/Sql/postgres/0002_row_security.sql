-- Users of workspaces are unique across tenants, and what a crash left may belong to anybody.
CREATE POLICY workspaces_finds ON sandbox.workspaces FOR SELECT USING ((SELECT platform.works_as('sandbox.workspaces')));

-- Whose a workspace is, is asked when a tenant was told that there is none: the other tenant's id is then recorded.
CREATE POLICY owners_find ON sandbox.workspaces FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
