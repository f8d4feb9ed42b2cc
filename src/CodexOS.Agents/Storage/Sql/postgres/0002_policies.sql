-- A tenant's policy: its versions, the newest of which holds for new runs.
CREATE TABLE agents.policies (
    tenant_id uuid NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    text text NOT NULL,
    document text NOT NULL,
    digest text NOT NULL CHECK (length(digest) = 64),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (tenant_id, version)
);

CREATE TRIGGER policies_are_immutable BEFORE UPDATE ON agents.policies
    FOR EACH ROW EXECUTE FUNCTION agents.refuse_change();
