-- People who were asked to join and have not done so yet. The link that they were sent is known by its hash only.
CREATE TABLE invitations (
    invitation_id BLOB    NOT NULL PRIMARY KEY CHECK (length(invitation_id) = 16),
    tenant_id     BLOB    NOT NULL REFERENCES tenants (tenant_id),
    email         TEXT    NOT NULL,
    email_key     TEXT    NOT NULL,
    role          TEXT    NULL CHECK (role IN ('owner', 'admin', 'developer', 'operator', 'viewer', 'auditor')),
    role_id       BLOB    NULL REFERENCES roles (role_id),
    token_hash    BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at    INTEGER NOT NULL,
    created_by    BLOB    NOT NULL CHECK (length(created_by) = 16),
    expires_at    INTEGER NOT NULL,
    UNIQUE (tenant_id, email_key),
    CHECK ((role IS NULL) <> (role_id IS NULL))
) STRICT;
