-- Tickets by which pages connect to hubs, of which the hash is kept.
CREATE TABLE hub_tickets (
    ticket_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(ticket_hash) = 32),
    tenant_id   BLOB    NOT NULL REFERENCES tenants (tenant_id),
    user_id     BLOB    NOT NULL REFERENCES users (user_id),
    session_id  BLOB    NOT NULL CHECK (length(session_id) = 16),
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX hub_tickets_of_session ON hub_tickets (session_id);
CREATE INDEX hub_tickets_of_tenant ON hub_tickets (tenant_id, expires_at);
