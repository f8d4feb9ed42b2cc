-- A project: some of a tenant's things, and who may do what with them.
CREATE TABLE identity.projects (
    project_id uuid             NOT NULL PRIMARY KEY,
    tenant_id  uuid             NOT NULL REFERENCES identity.tenants (tenant_id),
    name       text COLLATE "C" NOT NULL CHECK (char_length(name) BETWEEN 2 AND 40),
    title      text             NOT NULL CHECK (char_length(title) <= 200),
    created_at timestamptz      NOT NULL,
    created_by uuid             NOT NULL,
    UNIQUE (tenant_id, name),
    UNIQUE (tenant_id, project_id)
);

-- Who belongs to one. The subject is a user or a service account, with a built-in role or one of the tenant's own. A project's
-- members and things are of its own tenant.
CREATE TABLE identity.project_members (
    project_id uuid        NOT NULL,
    subject_id uuid        NOT NULL,
    tenant_id  uuid        NOT NULL,
    role       text        NULL CHECK (role IN ('admin', 'developer', 'operator', 'viewer', 'auditor')),
    role_id    uuid        NULL REFERENCES identity.roles (role_id),
    created_at timestamptz NOT NULL,
    created_by uuid        NOT NULL,
    PRIMARY KEY (project_id, subject_id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES identity.projects (tenant_id, project_id) ON DELETE CASCADE,
    CHECK ((role IS NULL) <> (role_id IS NULL))
);

CREATE INDEX project_members_of_subject ON identity.project_members (tenant_id, subject_id);
CREATE INDEX project_members_by_role ON identity.project_members (role_id) WHERE role_id IS NOT NULL;

-- What lies in one. A thing lies in one project at most.
CREATE TABLE identity.project_things (
    tenant_id     uuid        NOT NULL,
    resource_kind text        NOT NULL CHECK (resource_kind IN ('agent', 'connection', 'knowledge', 'workspace')),
    resource_name text        NOT NULL CHECK (char_length(resource_name) BETWEEN 1 AND 200),
    project_id    uuid        NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    uuid        NOT NULL,
    PRIMARY KEY (tenant_id, resource_kind, resource_name),
    FOREIGN KEY (tenant_id, project_id) REFERENCES identity.projects (tenant_id, project_id) ON DELETE CASCADE
);

CREATE INDEX project_things_of_project ON identity.project_things (project_id);

-- What can be granted on knowledge bases can be granted on single ones, and what can be on projects.
ALTER TABLE identity.resource_grants DROP CONSTRAINT resource_grants_resource_kind_check;
ALTER TABLE identity.resource_grants ADD CONSTRAINT resource_grants_resource_kind_check
    CHECK (resource_kind IN ('agent', 'connection', 'knowledge', 'project', 'workspace'));
