CREATE TABLE identity.tenants (
    tenant_id  uuid        NOT NULL PRIMARY KEY,
    name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL
);

-- A user is a person, who may belong to several tenants; what belongs to one tenant is the membership.
CREATE TABLE identity.users (
    user_id             uuid        NOT NULL PRIMARY KEY,
    email               text        NOT NULL,
    email_key           text        NOT NULL UNIQUE,
    display_name        text        NOT NULL,
    password_hash       text        NULL,
    state               text        NOT NULL CHECK (state IN ('active', 'disabled')),
    created_at          timestamptz NOT NULL,
    password_changed_at timestamptz NULL
);

CREATE TABLE identity.memberships (
    tenant_id  uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    user_id    uuid        NOT NULL REFERENCES identity.users (user_id),
    role       text        NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'operator', 'viewer', 'auditor')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);

CREATE INDEX memberships_of_user ON identity.memberships (user_id, created_at);

CREATE TABLE identity.sessions (
    session_id   uuid        NOT NULL PRIMARY KEY,
    tenant_id    uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    user_id      uuid        NOT NULL REFERENCES identity.users (user_id),
    client       text        NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz NULL,
    end_reason   text        NULL,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);

CREATE INDEX sessions_of_user ON identity.sessions (tenant_id, user_id, created_at);

-- The refresh tokens of a session are one family, numbered from 0; only hashes are kept.
CREATE TABLE identity.refresh_tokens (
    token_hash       bytea       NOT NULL PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    tenant_id        uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    session_id       uuid        NOT NULL REFERENCES identity.sessions (session_id) ON DELETE CASCADE,
    generation       integer     NOT NULL CHECK (generation >= 0),
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    used_at          timestamptz NULL,
    sealed_successor bytea       NULL,
    UNIQUE (session_id, generation)
);

-- One row, there from the first start: the administrator token until it is used, and when that was.
CREATE TABLE identity.setup_state (
    setup_state_id integer     NOT NULL PRIMARY KEY CHECK (setup_state_id = 1),
    token_hash     bytea       NULL CHECK (octet_length(token_hash) = 32),
    completed_at   timestamptz NULL,
    CHECK (completed_at IS NULL OR token_hash IS NULL)
);

INSERT INTO identity.setup_state (setup_state_id, token_hash, completed_at) VALUES (1, NULL, NULL);
