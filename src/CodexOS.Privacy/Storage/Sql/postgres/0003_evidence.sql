-- Bundles of evidence, and their parts, sealed under a key of the bundle's own.
CREATE TABLE privacy.evidence_bundles (
    run_id       uuid        NOT NULL PRIMARY KEY,
    tenant_id    uuid        NOT NULL,
    requested_by uuid        NOT NULL,
    period_from  timestamptz NOT NULL,
    period_to    timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    ready_at     timestamptz NULL,
    size_bytes   bigint      NOT NULL CHECK (size_bytes >= 0),
    files        integer     NOT NULL CHECK (files >= 0),
    sha256       text        NULL CHECK (length(sha256) = 64)
);

CREATE INDEX evidence_bundles_of_tenant ON privacy.evidence_bundles (tenant_id, run_id);

CREATE TABLE privacy.evidence_parts (
    run_id    uuid    NOT NULL,
    number    integer NOT NULL CHECK (number >= 0),
    tenant_id uuid    NOT NULL,
    content   bytea   NULL,
    PRIMARY KEY (run_id, number)
);

CREATE INDEX evidence_parts_of_tenant ON privacy.evidence_parts (tenant_id, run_id);
