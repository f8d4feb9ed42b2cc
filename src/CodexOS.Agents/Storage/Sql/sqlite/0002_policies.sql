-- A tenant's policy: its versions, the newest of which holds for new runs.
CREATE TABLE policies (
    tenant_id BLOB NOT NULL CHECK (length(tenant_id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    text TEXT NOT NULL,
    document TEXT NOT NULL,
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (tenant_id, version)
) STRICT;

CREATE TRIGGER policies_are_immutable BEFORE UPDATE ON policies
BEGIN
    SELECT RAISE(ABORT, 'a version of a policy never changes');
END;
