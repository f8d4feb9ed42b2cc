-- Users of workspaces are unique across tenants, and what a crash left may belong to anybody.
CREATE POLICY workspaces_finds ON sandbox.workspaces FOR SELECT USING ((SELECT platform.works_as('sandbox.workspaces')));
