-- Keys that the devices of a person hold (WebAuthn), of which this is the public half. The counter is the highest that a
-- device has shown; those that do not count show 0.
CREATE TABLE passkeys (
    passkey_id         BLOB    NOT NULL PRIMARY KEY CHECK (length(passkey_id) = 16),
    user_id            BLOB    NOT NULL REFERENCES users (user_id),
    credential_id      BLOB    NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023),
    public_key         BLOB    NOT NULL,
    signature_counter  INTEGER NOT NULL CHECK (signature_counter BETWEEN 0 AND 4294967295),
    transports         TEXT    NOT NULL,
    is_backup_eligible INTEGER NOT NULL CHECK (is_backup_eligible IN (0, 1)),
    is_backed_up       INTEGER NOT NULL CHECK (is_backed_up IN (0, 1)),
    name               TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    created_at         INTEGER NOT NULL,
    last_used_at       INTEGER NULL
) STRICT;

CREATE INDEX passkeys_of_user ON passkeys (user_id, created_at);

-- Prompts that were sent to a browser and wait for its answer. Adding and confirming belong to a session; whoever enters
-- has none yet.
CREATE TABLE passkey_challenges (
    challenge_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(challenge_hash) = 32),
    purpose        TEXT    NOT NULL CHECK (purpose IN ('add', 'confirm', 'enter')),
    session_id     BLOB    NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    state          TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    CHECK ((purpose = 'enter') = (session_id IS NULL))
) STRICT;

CREATE INDEX passkey_challenges_by_age ON passkey_challenges (expires_at);
CREATE INDEX passkey_challenges_of_session ON passkey_challenges (session_id) WHERE session_id IS NOT NULL;
