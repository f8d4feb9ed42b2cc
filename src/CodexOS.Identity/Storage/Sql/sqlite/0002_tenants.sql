-- The installation belongs to its first tenant, whose owners look after the others. A disabled tenant keeps everything, and
-- nobody signs in to it.
ALTER TABLE tenants ADD COLUMN is_home INTEGER NOT NULL DEFAULT 0 CHECK (is_home IN (0, 1));
ALTER TABLE tenants ADD COLUMN disabled_at INTEGER NULL;

UPDATE tenants SET is_home = 1
    WHERE tenant_id = (SELECT tenant_id FROM tenants ORDER BY created_at, tenant_id LIMIT 1);

CREATE UNIQUE INDEX tenants_home ON tenants (is_home) WHERE is_home = 1;

-- Whoever has the link becomes the owner of the tenant, once; only hashes are kept.
CREATE TABLE owner_links (
    token_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    tenant_id  BLOB    NOT NULL REFERENCES tenants (tenant_id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER NULL
) STRICT;

CREATE INDEX owner_links_of_tenant ON owner_links (tenant_id);
