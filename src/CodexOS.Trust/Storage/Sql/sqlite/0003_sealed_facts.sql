-- Facts about persons are sealed, salt and value together, each under the key of its person. Those that were recorded in the
-- clear are erased with the old table; the log has a commitment to each and stays as provable as it was.
DROP TABLE audit_personal;

CREATE TABLE audit_personal (
    tenant_id BLOB NOT NULL CHECK (length(tenant_id) = 16),
    entry_id  BLOB NOT NULL CHECK (length(entry_id) = 16),
    field     TEXT NOT NULL,
    subject   TEXT NOT NULL,
    fact      BLOB NOT NULL,
    PRIMARY KEY (entry_id, field)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_personal_of_subject ON audit_personal (tenant_id, subject);
