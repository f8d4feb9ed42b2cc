CREATE TABLE tenants (
    tenant_id  BLOB    NOT NULL PRIMARY KEY CHECK (length(tenant_id) = 16),
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    created_at INTEGER NOT NULL
) STRICT;

-- A user is a person, who may belong to several tenants; what belongs to one tenant is the membership.
CREATE TABLE users (
    user_id             BLOB    NOT NULL PRIMARY KEY CHECK (length(user_id) = 16),
    email               TEXT    NOT NULL,
    email_key           TEXT    NOT NULL UNIQUE,
    display_name        TEXT    NOT NULL,
    password_hash       TEXT    NULL,
    state               TEXT    NOT NULL CHECK (state IN ('active', 'disabled')),
    created_at          INTEGER NOT NULL,
    password_changed_at INTEGER NULL
) STRICT;

CREATE TABLE memberships (
    tenant_id  BLOB    NOT NULL REFERENCES tenants (tenant_id),
    user_id    BLOB    NOT NULL REFERENCES users (user_id),
    role       TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'operator', 'viewer', 'auditor')),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
) STRICT;

CREATE INDEX memberships_of_user ON memberships (user_id, created_at);

CREATE TABLE sessions (
    session_id   BLOB    NOT NULL PRIMARY KEY CHECK (length(session_id) = 16),
    tenant_id    BLOB    NOT NULL REFERENCES tenants (tenant_id),
    user_id      BLOB    NOT NULL REFERENCES users (user_id),
    client       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ended_at     INTEGER NULL,
    end_reason   TEXT    NULL,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) STRICT;

CREATE INDEX sessions_of_user ON sessions (tenant_id, user_id, created_at);

-- The refresh tokens of a session are one family, numbered from 0; only hashes are kept.
CREATE TABLE refresh_tokens (
    token_hash       BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    tenant_id        BLOB    NOT NULL REFERENCES tenants (tenant_id),
    session_id       BLOB    NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    generation       INTEGER NOT NULL CHECK (generation >= 0),
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    used_at          INTEGER NULL,
    sealed_successor BLOB    NULL,
    UNIQUE (session_id, generation)
) STRICT;

-- One row, there from the first start: the administrator token until it is used, and when that was.
CREATE TABLE setup_state (
    setup_state_id INTEGER NOT NULL PRIMARY KEY CHECK (setup_state_id = 1),
    token_hash     BLOB    NULL CHECK (length(token_hash) = 32),
    completed_at   INTEGER NULL,
    CHECK (completed_at IS NULL OR token_hash IS NULL)
) STRICT;

INSERT INTO setup_state (setup_state_id, token_hash, completed_at) VALUES (1, NULL, NULL);
