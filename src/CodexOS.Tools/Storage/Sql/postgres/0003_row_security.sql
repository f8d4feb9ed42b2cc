-- Whose it is, is asked when a tenant was told that there is none: the other tenant's id is then recorded.
CREATE POLICY owners_find ON tools.standing_approvals FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
