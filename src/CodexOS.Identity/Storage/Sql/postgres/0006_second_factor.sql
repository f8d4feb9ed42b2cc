-- Whether members of the tenant need a second factor.
ALTER TABLE identity.tenants ADD COLUMN second_factor_required boolean NOT NULL DEFAULT false;

-- When a second factor was given in a session, and when one was given last to do something that asks for it again.
ALTER TABLE identity.sessions ADD COLUMN second_factor_at timestamptz NULL;
ALTER TABLE identity.sessions ADD COLUMN stepped_up_at timestamptz NULL;

-- The authenticator of a user. The seed is sealed under a key outside of the database. A code is good for one step of 30
-- seconds, and only for a later one than the last that was used. The revision grows with every try, so that of many at
-- once each counts.
CREATE TABLE identity.totp_factors (
    user_id      uuid        NOT NULL PRIMARY KEY REFERENCES identity.users (user_id),
    sealed_seed  bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz NULL,
    last_step    bigint      NOT NULL,
    failures     integer     NOT NULL CHECK (failures >= 0),
    locked_until timestamptz NULL,
    revision     bigint      NOT NULL
);

-- Codes for those who have lost their authenticator. They have 120 random bits, so that a plain hash cannot be searched.
CREATE TABLE identity.recovery_codes (
    code_hash  bytea       NOT NULL PRIMARY KEY CHECK (octet_length(code_hash) = 32),
    user_id    uuid        NOT NULL REFERENCES identity.users (user_id),
    created_at timestamptz NOT NULL,
    used_at    timestamptz NULL
);

CREATE INDEX recovery_codes_of_user ON identity.recovery_codes (user_id);

-- Sign-ins whose password was right and whose second factor is awaited.
CREATE TABLE identity.sign_in_challenges (
    challenge_hash bytea       NOT NULL PRIMARY KEY CHECK (octet_length(challenge_hash) = 32),
    tenant_id      uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    user_id        uuid        NOT NULL REFERENCES identity.users (user_id),
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL
);

CREATE INDEX sign_in_challenges_of_user ON identity.sign_in_challenges (user_id, expires_at);
