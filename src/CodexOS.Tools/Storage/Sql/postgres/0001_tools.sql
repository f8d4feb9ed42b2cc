-- The labels of what tools keep. A label is only ever lowered.
CREATE TABLE tools.stored_labels (
    tenant_id uuid NOT NULL,
    store text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    integrity text NOT NULL,
    readers text NOT NULL,
    revision integer NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, store, key)
);

-- Approvals that were given in advance. One that is used up, expired or revoked is kept, for those who look later.
CREATE TABLE tools.standing_approvals (
    id uuid NOT NULL PRIMARY KEY,
    tenant_id uuid NOT NULL,
    subject text COLLATE "C" NOT NULL,
    tool text COLLATE "C" NOT NULL,
    arguments text NOT NULL,
    uses_max integer NOT NULL CHECK (uses_max >= 1),
    uses integer NOT NULL CHECK (uses >= 0 AND uses <= uses_max),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    created_by text NOT NULL,
    note text NOT NULL,
    revoked_at timestamptz,
    revoked_by text
);

CREATE INDEX standing_approvals_by_use ON tools.standing_approvals (tenant_id, subject, tool);
