-- A project: some of a tenant's things, and who may do what with them.
CREATE TABLE projects (
    project_id BLOB    NOT NULL PRIMARY KEY CHECK (length(project_id) = 16),
    tenant_id  BLOB    NOT NULL REFERENCES tenants (tenant_id),
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 2 AND 40),
    title      TEXT    NOT NULL CHECK (length(title) <= 200),
    created_at INTEGER NOT NULL,
    created_by BLOB    NOT NULL CHECK (length(created_by) = 16),
    UNIQUE (tenant_id, name),
    UNIQUE (tenant_id, project_id)
) STRICT;

-- Who belongs to one. The subject is a user or a service account, with a built-in role or one of the tenant's own. A project's
-- members and things are of its own tenant.
CREATE TABLE project_members (
    project_id BLOB    NOT NULL,
    subject_id BLOB    NOT NULL CHECK (length(subject_id) = 16),
    tenant_id  BLOB    NOT NULL,
    role       TEXT    NULL CHECK (role IN ('admin', 'developer', 'operator', 'viewer', 'auditor')),
    role_id    BLOB    NULL REFERENCES roles (role_id),
    created_at INTEGER NOT NULL,
    created_by BLOB    NOT NULL CHECK (length(created_by) = 16),
    PRIMARY KEY (project_id, subject_id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, project_id) ON DELETE CASCADE,
    CHECK ((role IS NULL) <> (role_id IS NULL))
) STRICT;

CREATE INDEX project_members_of_subject ON project_members (tenant_id, subject_id);
CREATE INDEX project_members_by_role ON project_members (role_id) WHERE role_id IS NOT NULL;

-- What lies in one. A thing lies in one project at most.
CREATE TABLE project_things (
    tenant_id     BLOB    NOT NULL,
    resource_kind TEXT    NOT NULL CHECK (resource_kind IN ('agent', 'connection', 'knowledge', 'workspace')),
    resource_name TEXT    NOT NULL CHECK (length(resource_name) BETWEEN 1 AND 200),
    project_id    BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    created_by    BLOB    NOT NULL CHECK (length(created_by) = 16),
    PRIMARY KEY (tenant_id, resource_kind, resource_name),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, project_id) ON DELETE CASCADE
) STRICT;

CREATE INDEX project_things_of_project ON project_things (project_id);

-- What can be granted on knowledge bases can be granted on single ones, and what can be on projects.
CREATE TABLE resource_grants_2 (
    grant_id      BLOB    NOT NULL PRIMARY KEY CHECK (length(grant_id) = 16),
    tenant_id     BLOB    NOT NULL REFERENCES tenants (tenant_id),
    subject_id    BLOB    NOT NULL CHECK (length(subject_id) = 16),
    resource_kind TEXT    NOT NULL CHECK (resource_kind IN ('agent', 'connection', 'knowledge', 'project', 'workspace')),
    resource_name TEXT    NOT NULL CHECK (length(resource_name) BETWEEN 1 AND 200),
    permission    TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    created_by    BLOB    NOT NULL CHECK (length(created_by) = 16),
    UNIQUE (tenant_id, subject_id, resource_kind, resource_name, permission)
) STRICT;

INSERT INTO resource_grants_2 (
    grant_id, tenant_id, subject_id, resource_kind, resource_name, permission, created_at, created_by)
SELECT grant_id, tenant_id, subject_id, resource_kind, resource_name, permission, created_at, created_by FROM resource_grants;

DROP TABLE resource_grants;

ALTER TABLE resource_grants_2 RENAME TO resource_grants;

CREATE INDEX resource_grants_on ON resource_grants (tenant_id, resource_kind, resource_name);
