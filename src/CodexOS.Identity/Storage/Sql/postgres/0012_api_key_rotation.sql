-- A key that was replaced says by which one. It goes on until expires_at, which is then the end of the overlap.
ALTER TABLE identity.api_keys ADD COLUMN replaced_by uuid NULL REFERENCES identity.api_keys (api_key_id);

CREATE UNIQUE INDEX api_keys_by_successor ON identity.api_keys (replaced_by) WHERE replaced_by IS NOT NULL;
