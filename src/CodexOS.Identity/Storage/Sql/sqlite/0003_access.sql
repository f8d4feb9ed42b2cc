-- A tenant's own roles. Permissions are names of the permission table, sorted, with a space between.
CREATE TABLE roles (
    role_id     BLOB    NOT NULL PRIMARY KEY CHECK (length(role_id) = 16),
    tenant_id   BLOB    NOT NULL REFERENCES tenants (tenant_id),
    name        TEXT    NOT NULL CHECK (length(name) BETWEEN 2 AND 40),
    description TEXT    NOT NULL,
    permissions TEXT    NOT NULL,
    revision    INTEGER NOT NULL CHECK (revision >= 1),
    created_at  INTEGER NOT NULL,
    created_by  BLOB    NOT NULL CHECK (length(created_by) = 16),
    changed_at  INTEGER NOT NULL,
    UNIQUE (tenant_id, name)
) STRICT;

-- A member has a built-in role or one of the tenant's own, never both. A member who is disabled is one still.
CREATE TABLE memberships_2 (
    tenant_id  BLOB    NOT NULL REFERENCES tenants (tenant_id),
    user_id    BLOB    NOT NULL REFERENCES users (user_id),
    role       TEXT    NULL CHECK (role IN ('owner', 'admin', 'developer', 'operator', 'viewer', 'auditor')),
    role_id    BLOB    NULL REFERENCES roles (role_id),
    state      TEXT    NOT NULL CHECK (state IN ('active', 'disabled')),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, user_id),
    CHECK ((role IS NULL) <> (role_id IS NULL))
) STRICT;

INSERT INTO memberships_2 (tenant_id, user_id, role, role_id, state, created_at)
SELECT tenant_id, user_id, role, NULL, 'active', created_at FROM memberships;

DROP TABLE memberships;

ALTER TABLE memberships_2 RENAME TO memberships;

CREATE INDEX memberships_of_user ON memberships (user_id, created_at);

-- Grows with every change of who owns or belongs to the tenant. Whoever makes one changes this row first, so that of two
-- changes at once the second sees the first.
ALTER TABLE tenants ADD COLUMN members_revision INTEGER NOT NULL DEFAULT 0;

-- What somebody may do with one thing beyond their role. The subject is a user or a service account.
CREATE TABLE resource_grants (
    grant_id      BLOB    NOT NULL PRIMARY KEY CHECK (length(grant_id) = 16),
    tenant_id     BLOB    NOT NULL REFERENCES tenants (tenant_id),
    subject_id    BLOB    NOT NULL CHECK (length(subject_id) = 16),
    resource_kind TEXT    NOT NULL CHECK (resource_kind IN ('agent', 'connection', 'workspace')),
    resource_name TEXT    NOT NULL CHECK (length(resource_name) BETWEEN 1 AND 200),
    permission    TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    created_by    BLOB    NOT NULL CHECK (length(created_by) = 16),
    UNIQUE (tenant_id, subject_id, resource_kind, resource_name, permission)
) STRICT;

CREATE INDEX resource_grants_on ON resource_grants (tenant_id, resource_kind, resource_name);
