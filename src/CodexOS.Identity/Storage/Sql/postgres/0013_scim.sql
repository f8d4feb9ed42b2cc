-- What an identity provider said of a member beyond the account and the membership.
CREATE TABLE identity.scim_users (
    tenant_id         uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    user_id           uuid        NOT NULL REFERENCES identity.users (user_id),
    profile           bytea       NULL,
    external_id_index bytea       NULL CHECK (octet_length(external_id_index) = 32),
    is_wanted         boolean     NOT NULL,
    lacks_role        boolean     NOT NULL,
    changed_at        timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);

CREATE INDEX scim_users_by_external_id ON identity.scim_users (tenant_id, external_id_index)
    WHERE external_id_index IS NOT NULL;

-- Groups at the provider. Which role one gives is said by the connection that its people's addresses lead to.
CREATE TABLE identity.scim_groups (
    group_id     uuid        NOT NULL PRIMARY KEY,
    tenant_id    uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    display_name text        NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 256),
    external_id  text        NULL CHECK (char_length(external_id) <= 256),
    created_at   timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    UNIQUE (tenant_id, display_name)
);

CREATE TABLE identity.scim_group_members (
    group_id  uuid NOT NULL REFERENCES identity.scim_groups (group_id) ON DELETE CASCADE,
    user_id   uuid NOT NULL REFERENCES identity.users (user_id),
    tenant_id uuid NOT NULL REFERENCES identity.tenants (tenant_id),
    PRIMARY KEY (group_id, user_id)
);

CREATE INDEX scim_group_members_of_user ON identity.scim_group_members (tenant_id, user_id);

-- Whose a group is, is asked when a tenant was told that there is none.
CREATE POLICY owners_find ON identity.scim_groups FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
