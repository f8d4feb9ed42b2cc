-- The installation belongs to its first tenant, whose owners look after the others. A disabled tenant keeps everything, and
-- nobody signs in to it.
ALTER TABLE identity.tenants
    ADD COLUMN is_home boolean NOT NULL DEFAULT false,
    ADD COLUMN disabled_at timestamptz NULL;

UPDATE identity.tenants SET is_home = true
    WHERE tenant_id = (SELECT tenant_id FROM identity.tenants ORDER BY created_at, tenant_id LIMIT 1);

CREATE UNIQUE INDEX tenants_home ON identity.tenants (is_home) WHERE is_home;

-- Whoever has the link becomes the owner of the tenant, once; only hashes are kept.
CREATE TABLE identity.owner_links (
    token_hash bytea       NOT NULL PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    tenant_id  uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz NULL
);

CREATE INDEX owner_links_of_tenant ON identity.owner_links (tenant_id);

-- Beyond the policy that the start gives every table with a tenant_id: whose an email address or a token is, is found out
-- before there is a tenant; and the installation's owner sees which tenants there are.
CREATE POLICY sign_in_finds ON identity.tenants FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY sign_in_finds ON identity.memberships FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY sign_in_finds ON identity.sessions FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY sign_in_finds ON identity.refresh_tokens FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY sign_in_finds ON identity.owner_links FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
CREATE POLICY tenants_lists ON identity.tenants FOR SELECT USING ((SELECT platform.works_as('identity.tenants')));
CREATE POLICY tenants_counts ON identity.memberships FOR SELECT USING ((SELECT platform.works_as('identity.tenants')));

-- People belong to no tenant, but only those who share one with them may see them. Anybody may be made; nobody is deleted.
ALTER TABLE identity.users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY members_see ON identity.users FOR SELECT
    USING (EXISTS (SELECT 1 FROM identity.memberships m WHERE m.user_id = users.user_id));
CREATE POLICY members_change ON identity.users FOR UPDATE
    USING (EXISTS (SELECT 1 FROM identity.memberships m WHERE m.user_id = users.user_id));
CREATE POLICY all_may_be_made ON identity.users FOR INSERT WITH CHECK (true);
CREATE POLICY sign_in_finds ON identity.users FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));

-- Whose a session is, is asked when a tenant was told that there is none: the other tenant's id is then recorded.
CREATE POLICY owners_find ON identity.sessions FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
