-- A key that was replaced says by which one. It goes on until expires_at, which is then the end of the overlap.
ALTER TABLE api_keys ADD COLUMN replaced_by BLOB NULL REFERENCES api_keys (api_key_id) CHECK (length(replaced_by) = 16);

CREATE UNIQUE INDEX api_keys_by_successor ON api_keys (replaced_by) WHERE replaced_by IS NOT NULL;
