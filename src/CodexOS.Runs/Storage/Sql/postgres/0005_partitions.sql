-- Events lie in a partition for each month of their run's id, which begins with the time. What is there already becomes the
-- default partition as it is, without a copy; it also takes in whatever no month's partition does. The engine makes the
-- partitions of the months to come.
ALTER TABLE runs.run_events RENAME TO run_events_default;
ALTER TABLE runs.run_events_default RENAME CONSTRAINT run_events_pkey TO run_events_default_pkey;
ALTER INDEX runs.run_events_blobs RENAME TO run_events_default_blobs;

CREATE TABLE runs.run_events (
    run_id uuid NOT NULL,
    seq integer NOT NULL,
    tenant_id uuid NOT NULL,
    epoch integer NOT NULL,
    kind smallint NOT NULL,
    event_id uuid NOT NULL,
    payload text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (run_id, seq)
) PARTITION BY RANGE (run_id);

CREATE INDEX run_events_blobs ON runs.run_events (payload) WHERE substr(payload, 1, 10) = '{"$blob":"';
ALTER TABLE runs.run_events ATTACH PARTITION runs.run_events_default DEFAULT;

-- Rows are only ever added to events, and taken away by retention; the rows of runs change often, and a change of what no
-- index names stays on its page as long as there is room.
ALTER TABLE runs.run_events_default SET (autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE runs.runs SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE runs.approvals SET (autovacuum_vacuum_scale_factor = 0.05, fillfactor = 85);
