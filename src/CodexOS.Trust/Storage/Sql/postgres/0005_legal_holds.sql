-- What must not be erased or removed until somebody lifts the hold: a person, a run, or (with an empty target) everything.
CREATE TABLE trust.legal_holds (
    hold_id   uuid        NOT NULL PRIMARY KEY,
    tenant_id uuid        NOT NULL,
    kind      text        NOT NULL CHECK (kind IN ('tenant', 'subject', 'run')),
    target    text        NOT NULL CHECK ((kind = 'tenant') = (target = '')),
    reason    text        NOT NULL,
    placed_at timestamptz NOT NULL,
    placed_by uuid        NOT NULL,
    lifted_at timestamptz NULL,
    lifted_by uuid        NULL,
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
);

CREATE INDEX legal_holds_of_tenant ON trust.legal_holds (tenant_id, hold_id);
CREATE INDEX legal_holds_in_force ON trust.legal_holds (tenant_id) WHERE lifted_at IS NULL;

-- Whose a hold is, is asked when a tenant was told that there is none: the other tenant's id is then recorded.
CREATE POLICY owners_find ON trust.legal_holds FOR SELECT USING ((SELECT platform.works_as('platform.owners')));
