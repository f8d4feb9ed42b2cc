-- How the installation serves at the moment. One row, there from the start.
CREATE TABLE service_mode (
    service_mode_id INTEGER NOT NULL PRIMARY KEY CHECK (service_mode_id = 1),
    mode TEXT NOT NULL CHECK (mode IN ('normal', 'read_only', 'maintenance')),
    reason TEXT NULL CHECK (length(reason) <= 500),
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL
) STRICT;

INSERT INTO service_mode (service_mode_id, mode, changed_at, changed_by) VALUES (1, 'normal', 0, 'system');

-- What the installation's owner allowed a tenant beyond, or below, what the options allow everybody; null is the options' say
-- again.
CREATE TABLE quotas (
    tenant_id BLOB NOT NULL CHECK (length(tenant_id) = 16),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
    value INTEGER NULL CHECK (value >= 0),
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (tenant_id, name)
) STRICT;

CREATE INDEX quotas_by_change ON quotas (changed_at);
