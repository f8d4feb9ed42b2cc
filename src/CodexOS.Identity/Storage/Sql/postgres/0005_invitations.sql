-- People who were asked to join and have not done so yet. The link that they were sent is known by its hash only.
CREATE TABLE identity.invitations (
    invitation_id uuid        NOT NULL PRIMARY KEY,
    tenant_id     uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    email         text        NOT NULL,
    email_key     text        NOT NULL,
    role          text        NULL CHECK (role IN ('owner', 'admin', 'developer', 'operator', 'viewer', 'auditor')),
    role_id       uuid        NULL REFERENCES identity.roles (role_id),
    token_hash    bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at    timestamptz NOT NULL,
    created_by    uuid        NOT NULL,
    expires_at    timestamptz NOT NULL,
    UNIQUE (tenant_id, email_key),
    CHECK ((role IS NULL) <> (role_id IS NULL))
);
