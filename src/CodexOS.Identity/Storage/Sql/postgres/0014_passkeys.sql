-- Keys that the devices of a person hold (WebAuthn), of which this is the public half. The counter is the highest that a
-- device has shown; those that do not count show 0.
CREATE TABLE identity.passkeys (
    passkey_id         uuid        NOT NULL PRIMARY KEY,
    user_id            uuid        NOT NULL REFERENCES identity.users (user_id),
    credential_id      bytea       NOT NULL UNIQUE CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
    public_key         bytea       NOT NULL,
    signature_counter  bigint      NOT NULL CHECK (signature_counter BETWEEN 0 AND 4294967295),
    transports         text        NOT NULL,
    is_backup_eligible boolean     NOT NULL,
    is_backed_up       boolean     NOT NULL,
    name               text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    created_at         timestamptz NOT NULL,
    last_used_at       timestamptz NULL
);

CREATE INDEX passkeys_of_user ON identity.passkeys (user_id, created_at);

-- Passkeys belong to people and not to a tenant, but only a tenant that they are a member of may see or change them. Whose
-- one is, is found out before there is a tenant.
ALTER TABLE identity.passkeys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY members_have ON identity.passkeys
    USING (EXISTS (SELECT 1 FROM identity.memberships m WHERE m.user_id = passkeys.user_id))
    WITH CHECK (EXISTS (SELECT 1 FROM identity.memberships m WHERE m.user_id = passkeys.user_id));
CREATE POLICY sign_in_finds ON identity.passkeys FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));

-- Prompts that were sent to a browser and wait for its answer. Adding and confirming belong to a session; whoever enters
-- has none yet.
CREATE TABLE identity.passkey_challenges (
    challenge_hash bytea       NOT NULL PRIMARY KEY CHECK (octet_length(challenge_hash) = 32),
    purpose        text        NOT NULL CHECK (purpose IN ('add', 'confirm', 'enter')),
    session_id     uuid        NULL REFERENCES identity.sessions (session_id) ON DELETE CASCADE,
    state          text        NOT NULL,
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    CHECK ((purpose = 'enter') = (session_id IS NULL))
);

CREATE INDEX passkey_challenges_by_age ON identity.passkey_challenges (expires_at);
CREATE INDEX passkey_challenges_of_session ON identity.passkey_challenges (session_id) WHERE session_id IS NOT NULL;
