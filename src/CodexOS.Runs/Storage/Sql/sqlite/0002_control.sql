ALTER TABLE runs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN progress REAL;
ALTER TABLE runs ADD COLUMN parent_run BLOB;
ALTER TABLE runs ADD COLUMN forked_from BLOB;
ALTER TABLE runs ADD COLUMN fork_seq INTEGER;

CREATE INDEX runs_by_parent ON runs (parent_run) WHERE parent_run IS NOT NULL;
CREATE INDEX runs_by_origin ON runs (forked_from) WHERE forked_from IS NOT NULL;
-- Waiting for an approval, a timer, a signal or a child.
CREATE INDEX runs_parked ON runs (run_id) WHERE status = 2;
