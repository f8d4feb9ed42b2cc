-- A file workspace. A row is written before its files are made and says so with is_ready, so that a crash in between
-- leaves something to clean up by. user_number is the system user that owns the files; no two workspaces share one.
CREATE TABLE sandbox.workspaces (
    workspace_id uuid        NOT NULL PRIMARY KEY,
    tenant_id    uuid        NOT NULL,
    created_at   timestamptz NOT NULL,
    origin       text        NOT NULL CHECK (length(origin) BETWEEN 1 AND 200),
    user_number  bigint      NOT NULL UNIQUE CHECK (user_number > 0),
    base_commit  text        NOT NULL,
    is_ready     boolean     NOT NULL
);

CREATE INDEX workspaces_of_tenant ON sandbox.workspaces (tenant_id, created_at);
CREATE INDEX workspaces_unfinished ON sandbox.workspaces (workspace_id) WHERE NOT is_ready;
