-- How many bytes the files of a workspace have. Those of workspaces from before are noted after the start.
ALTER TABLE workspaces ADD COLUMN size_bytes INTEGER NOT NULL DEFAULT 0 CHECK (size_bytes >= 0);
