-- Whose an API key, a challenge or an invitation's link is, and what they may do, is found out before there is a tenant.
CREATE POLICY sign_in_finds ON identity.api_keys FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY sign_in_finds ON identity.service_accounts FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY sign_in_finds ON identity.roles FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY sign_in_finds ON identity.resource_grants FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY sign_in_finds ON identity.invitations FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY sign_in_finds ON identity.sign_in_challenges FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));

-- A second factor is a person's, and so are their sessions in every tenant.
CREATE POLICY second_factor_finds ON identity.sessions FOR SELECT USING ((SELECT platform.works_as('identity.second_factor')));
CREATE POLICY second_factor_changes ON identity.sessions FOR UPDATE
    USING ((SELECT platform.works_as('identity.second_factor')))
    WITH CHECK ((SELECT platform.works_as('identity.second_factor')));

-- Whose such a thing is, is asked when a tenant was told that there is none: the other tenant's id is then recorded.
CREATE POLICY owners_find ON identity.api_keys FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
CREATE POLICY owners_find ON identity.resource_grants FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
CREATE POLICY owners_find ON identity.invitations FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
CREATE POLICY owners_find ON identity.service_accounts FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
