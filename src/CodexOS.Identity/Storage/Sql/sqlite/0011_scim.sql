-- What an identity provider said of a member beyond the account and the membership.
CREATE TABLE scim_users (
    tenant_id         BLOB    NOT NULL REFERENCES tenants (tenant_id),
    user_id           BLOB    NOT NULL REFERENCES users (user_id),
    profile           BLOB    NULL,
    external_id_index BLOB    NULL CHECK (length(external_id_index) = 32),
    is_wanted         INTEGER NOT NULL CHECK (is_wanted IN (0, 1)),
    lacks_role        INTEGER NOT NULL CHECK (lacks_role IN (0, 1)),
    changed_at        INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
) STRICT;

CREATE INDEX scim_users_by_external_id ON scim_users (tenant_id, external_id_index) WHERE external_id_index IS NOT NULL;

-- Groups at the provider. Which role one gives is said by the connection that its people's addresses lead to.
CREATE TABLE scim_groups (
    group_id     BLOB    NOT NULL PRIMARY KEY CHECK (length(group_id) = 16),
    tenant_id    BLOB    NOT NULL REFERENCES tenants (tenant_id),
    display_name TEXT    NOT NULL CHECK (length(display_name) BETWEEN 1 AND 256),
    external_id  TEXT    NULL CHECK (length(external_id) <= 256),
    created_at   INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,
    UNIQUE (tenant_id, display_name)
) STRICT;

CREATE TABLE scim_group_members (
    group_id  BLOB NOT NULL REFERENCES scim_groups (group_id) ON DELETE CASCADE,
    user_id   BLOB NOT NULL REFERENCES users (user_id),
    tenant_id BLOB NOT NULL REFERENCES tenants (tenant_id),
    PRIMARY KEY (group_id, user_id)
) STRICT;

CREATE INDEX scim_group_members_of_user ON scim_group_members (tenant_id, user_id);
