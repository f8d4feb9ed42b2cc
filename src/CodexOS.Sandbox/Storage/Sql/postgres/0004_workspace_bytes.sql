-- How many bytes the files of a workspace have. Those of workspaces from before are noted after the start.
ALTER TABLE sandbox.workspaces ADD COLUMN size_bytes bigint NOT NULL DEFAULT 0 CHECK (size_bytes >= 0);
