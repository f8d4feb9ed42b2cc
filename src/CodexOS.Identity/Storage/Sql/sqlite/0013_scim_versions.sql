-- Counts the changes of a group at the identity provider: its version.
ALTER TABLE scim_groups ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
