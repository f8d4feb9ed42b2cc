-- Not only a second factor is a person's beyond tenants, but the password too: when one of them changes, sessions end.
ALTER POLICY second_factor_finds ON identity.sessions RENAME TO credentials_find;
ALTER POLICY credentials_find ON identity.sessions USING ((SELECT platform.works_as('identity.credentials')));
ALTER POLICY second_factor_changes ON identity.sessions RENAME TO credentials_change;
ALTER POLICY credentials_change ON identity.sessions
    USING ((SELECT platform.works_as('identity.credentials')))
    WITH CHECK ((SELECT platform.works_as('identity.credentials')));
