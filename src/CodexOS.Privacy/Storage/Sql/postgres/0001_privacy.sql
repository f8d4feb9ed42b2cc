-- The archives of exports, in the blob store until they expire.
CREATE TABLE privacy.subject_exports (
    run_id       uuid        NOT NULL PRIMARY KEY,
    tenant_id    uuid        NOT NULL,
    subject      uuid        NOT NULL,
    requested_by uuid        NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    size_bytes   bigint      NOT NULL CHECK (size_bytes > 0),
    hash         text        NOT NULL CHECK (length(hash) = 64)
);

CREATE INDEX subject_exports_of_tenant ON privacy.subject_exports (tenant_id, run_id);

-- Erasures that are done, with their signed receipts.
CREATE TABLE privacy.erasures (
    run_id       uuid        NOT NULL PRIMARY KEY,
    tenant_id    uuid        NOT NULL,
    subject      uuid        NOT NULL,
    requested_by uuid        NOT NULL,
    at           timestamptz NOT NULL,
    receipt      text        NOT NULL
);

CREATE INDEX erasures_of_tenant ON privacy.erasures (tenant_id, run_id);

-- How long a tenant keeps each kind of data; of a kind without a row, what the server's options say.
CREATE TABLE privacy.retention (
    tenant_id  uuid        NOT NULL,
    kind       text        NOT NULL,
    days       integer     NOT NULL CHECK (days >= 1),
    changed_at timestamptz NOT NULL,
    changed_by uuid        NOT NULL,
    PRIMARY KEY (tenant_id, kind)
);
