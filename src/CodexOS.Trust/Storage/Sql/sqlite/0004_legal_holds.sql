-- What must not be erased or removed until somebody lifts the hold: a person, a run, or (with an empty target) everything.
CREATE TABLE legal_holds (
    hold_id   BLOB    NOT NULL PRIMARY KEY CHECK (length(hold_id) = 16),
    tenant_id BLOB    NOT NULL CHECK (length(tenant_id) = 16),
    kind      TEXT    NOT NULL CHECK (kind IN ('tenant', 'subject', 'run')),
    target    TEXT    NOT NULL CHECK ((kind = 'tenant') = (target = '')),
    reason    TEXT    NOT NULL,
    placed_at INTEGER NOT NULL,
    placed_by BLOB    NOT NULL CHECK (length(placed_by) = 16),
    lifted_at INTEGER NULL,
    lifted_by BLOB    NULL CHECK (length(lifted_by) = 16),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX legal_holds_of_tenant ON legal_holds (tenant_id, hold_id);
CREATE INDEX legal_holds_in_force ON legal_holds (tenant_id) WHERE lifted_at IS NULL;
