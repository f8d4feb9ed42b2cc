ALTER TABLE runs.runs
    ADD COLUMN priority smallint NOT NULL DEFAULT 0,
    ADD COLUMN progress double precision,
    ADD COLUMN parent_run uuid,
    ADD COLUMN forked_from uuid,
    ADD COLUMN fork_seq integer;

CREATE INDEX runs_by_parent ON runs.runs (parent_run) WHERE parent_run IS NOT NULL;
CREATE INDEX runs_by_origin ON runs.runs (forked_from) WHERE forked_from IS NOT NULL;
-- Waiting for an approval, a timer, a signal or a child.
CREATE INDEX runs_parked ON runs.runs (run_id) WHERE status = 2;
