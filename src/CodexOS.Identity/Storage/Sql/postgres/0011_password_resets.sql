-- Links by which people who have forgotten their password may choose another, of which only the hash is known here.
CREATE TABLE identity.password_resets (
    token_hash bytea       NOT NULL PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    user_id    uuid        NOT NULL REFERENCES identity.users (user_id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX password_resets_of_user ON identity.password_resets (user_id);
CREATE INDEX password_resets_by_age ON identity.password_resets (expires_at);
