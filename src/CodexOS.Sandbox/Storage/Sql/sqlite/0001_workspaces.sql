-- A file workspace. A row is written before its files are made and says so with is_ready, so that a crash in between
-- leaves something to clean up by. user_number is the system user that owns the files; no two workspaces share one.
CREATE TABLE workspaces (
    workspace_id BLOB    NOT NULL PRIMARY KEY CHECK (length(workspace_id) = 16),
    tenant_id    BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    created_at   INTEGER NOT NULL,
    origin       TEXT    NOT NULL CHECK (length(origin) BETWEEN 1 AND 200),
    user_number  INTEGER NOT NULL UNIQUE CHECK (user_number > 0),
    base_commit  TEXT    NOT NULL,
    is_ready     INTEGER NOT NULL CHECK (is_ready IN (0, 1))
) STRICT;

CREATE INDEX workspaces_of_tenant ON workspaces (tenant_id, created_at);
CREATE INDEX workspaces_unfinished ON workspaces (workspace_id) WHERE is_ready = 0;
