-- Beyond the policy that the start gives every table with a tenant_id: which logs and keys there is something to do about is
-- asked for all tenants at once. What is done is done as the tenant.
CREATE POLICY audit_finds ON trust.audit_pending FOR SELECT USING ((SELECT platform.works_as('trust.audit')));
CREATE POLICY audit_finds ON trust.audit_trees FOR SELECT USING ((SELECT platform.works_as('trust.audit')));
CREATE POLICY audit_finds ON trust.audit_checkpoints FOR SELECT USING ((SELECT platform.works_as('trust.audit')));
CREATE POLICY keys_finds ON trust.vault_keys FOR SELECT USING ((SELECT platform.works_as('trust.keys')));

-- Whose an entry is, is asked when a tenant was told that there is none: the other tenant's id is then recorded.
CREATE POLICY owners_find ON trust.audit_entries FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
