-- Facts about persons are sealed, salt and value together, each under the key of its person. Those that were recorded in the
-- clear are erased with the old table; the log has a commitment to each and stays as provable as it was.
DROP TABLE trust.audit_personal;

CREATE TABLE trust.audit_personal (
    tenant_id uuid  NOT NULL,
    entry_id  uuid  NOT NULL,
    field     text  NOT NULL,
    subject   text  NOT NULL,
    fact      bytea NOT NULL,
    PRIMARY KEY (entry_id, field)
);

CREATE INDEX audit_personal_of_subject ON trust.audit_personal (tenant_id, subject);
