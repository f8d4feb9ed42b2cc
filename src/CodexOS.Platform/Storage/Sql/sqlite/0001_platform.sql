-- How the installation serves at the moment. One row, there from the start.
CREATE TABLE service_mode (
    service_mode_id INTEGER NOT NULL PRIMARY KEY CHECK (service_mode_id = 1),
    mode TEXT NOT NULL CHECK (mode IN ('normal', 'read_only', 'maintenance')),
    reason TEXT NULL CHECK (length(reason) <= 500),
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL
) STRICT;

INSERT INTO service_mode (service_mode_id, mode, changed_at, changed_by) VALUES (1, 'normal', 0, 'system');
