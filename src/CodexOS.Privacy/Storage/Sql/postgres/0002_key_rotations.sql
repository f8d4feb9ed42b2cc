-- Rotations of keys, and which one has the turn: of a tenant's, one at most has not ended.
CREATE TABLE privacy.key_rotations (
    run_id     uuid        NOT NULL PRIMARY KEY,
    tenant_id  uuid        NOT NULL,
    started_by uuid        NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz NULL,
    report     text        NULL
);

CREATE INDEX key_rotations_of_tenant ON privacy.key_rotations (tenant_id, run_id);
CREATE UNIQUE INDEX key_rotations_one_at_a_time ON privacy.key_rotations (tenant_id) WHERE ended_at IS NULL;
