-- Whether members of the tenant need a second factor.
ALTER TABLE tenants ADD COLUMN second_factor_required INTEGER NOT NULL DEFAULT 0;

-- When a second factor was given in a session, and when one was given last to do something that asks for it again.
ALTER TABLE sessions ADD COLUMN second_factor_at INTEGER NULL;
ALTER TABLE sessions ADD COLUMN stepped_up_at INTEGER NULL;

-- The authenticator of a user. The seed is sealed under a key outside of the database. A code is good for one step of 30
-- seconds, and only for a later one than the last that was used. The revision grows with every try, so that of many at
-- once each counts.
CREATE TABLE totp_factors (
    user_id      BLOB    NOT NULL PRIMARY KEY REFERENCES users (user_id),
    sealed_seed  BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    confirmed_at INTEGER NULL,
    last_step    INTEGER NOT NULL,
    failures     INTEGER NOT NULL CHECK (failures >= 0),
    locked_until INTEGER NULL,
    revision     INTEGER NOT NULL
) STRICT;

-- Codes for those who have lost their authenticator. They have 120 random bits, so that a plain hash cannot be searched.
CREATE TABLE recovery_codes (
    code_hash  BLOB    NOT NULL PRIMARY KEY CHECK (length(code_hash) = 32),
    user_id    BLOB    NOT NULL REFERENCES users (user_id),
    created_at INTEGER NOT NULL,
    used_at    INTEGER NULL
) STRICT;

CREATE INDEX recovery_codes_of_user ON recovery_codes (user_id);

-- Sign-ins whose password was right and whose second factor is awaited.
CREATE TABLE sign_in_challenges (
    challenge_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(challenge_hash) = 32),
    tenant_id      BLOB    NOT NULL REFERENCES tenants (tenant_id),
    user_id        BLOB    NOT NULL REFERENCES users (user_id),
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_in_challenges_of_user ON sign_in_challenges (user_id, expires_at);
