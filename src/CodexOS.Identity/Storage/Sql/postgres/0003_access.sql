-- A tenant's own roles. Permissions are names of the permission table, sorted, with a space between.
CREATE TABLE identity.roles (
    role_id     uuid        NOT NULL PRIMARY KEY,
    tenant_id   uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    name        text        NOT NULL CHECK (char_length(name) BETWEEN 2 AND 40),
    description text        NOT NULL,
    permissions text        NOT NULL,
    revision    integer     NOT NULL CHECK (revision >= 1),
    created_at  timestamptz NOT NULL,
    created_by  uuid        NOT NULL,
    changed_at  timestamptz NOT NULL,
    UNIQUE (tenant_id, name)
);

-- A member has a built-in role or one of the tenant's own, never both. A member who is disabled is one still.
ALTER TABLE identity.memberships ALTER COLUMN role DROP NOT NULL;
ALTER TABLE identity.memberships ADD COLUMN role_id uuid NULL REFERENCES identity.roles (role_id);
ALTER TABLE identity.memberships ADD COLUMN state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled'));
ALTER TABLE identity.memberships ADD CHECK ((role IS NULL) <> (role_id IS NULL));

-- Grows with every change of who owns or belongs to the tenant. Whoever makes one changes this row first, so that of two
-- changes at once the second sees the first.
ALTER TABLE identity.tenants ADD COLUMN members_revision bigint NOT NULL DEFAULT 0;

-- What somebody may do with one thing beyond their role. The subject is a user or a service account.
CREATE TABLE identity.resource_grants (
    grant_id      uuid        NOT NULL PRIMARY KEY,
    tenant_id     uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    subject_id    uuid        NOT NULL,
    resource_kind text        NOT NULL CHECK (resource_kind IN ('agent', 'connection', 'workspace')),
    resource_name text        NOT NULL CHECK (char_length(resource_name) BETWEEN 1 AND 200),
    permission    text        NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    uuid        NOT NULL,
    UNIQUE (tenant_id, subject_id, resource_kind, resource_name, permission)
);

CREATE INDEX resource_grants_on ON identity.resource_grants (tenant_id, resource_kind, resource_name);
