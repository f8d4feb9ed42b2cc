-- Counts the changes of a group at the identity provider: its version.
ALTER TABLE identity.scim_groups ADD COLUMN revision bigint NOT NULL DEFAULT 1;
