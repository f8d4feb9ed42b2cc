-- The labels of what tools keep. Ids are 16 big-endian bytes, times Unix milliseconds. A label is only ever lowered.
CREATE TABLE stored_labels (
    tenant_id BLOB NOT NULL CHECK (length(tenant_id) = 16),
    store TEXT NOT NULL,
    key TEXT NOT NULL,
    integrity TEXT NOT NULL,
    readers TEXT NOT NULL,
    revision INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, store, key)
) STRICT, WITHOUT ROWID;

-- Approvals that were given in advance. One that is used up, expired or revoked is kept, for those who look later.
CREATE TABLE standing_approvals (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tenant_id BLOB NOT NULL CHECK (length(tenant_id) = 16),
    subject TEXT NOT NULL,
    tool TEXT NOT NULL,
    arguments TEXT NOT NULL,
    uses_max INTEGER NOT NULL CHECK (uses_max >= 1),
    uses INTEGER NOT NULL CHECK (uses >= 0 AND uses <= uses_max),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    note TEXT NOT NULL,
    revoked_at INTEGER,
    revoked_by TEXT
) STRICT;

CREATE INDEX standing_approvals_by_use ON standing_approvals (tenant_id, subject, tool);
