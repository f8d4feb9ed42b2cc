-- Tickets by which pages connect to hubs, of which the hash is kept.
CREATE TABLE identity.hub_tickets (
    ticket_hash bytea       NOT NULL PRIMARY KEY CHECK (octet_length(ticket_hash) = 32),
    tenant_id   uuid        NOT NULL REFERENCES identity.tenants (tenant_id),
    user_id     uuid        NOT NULL REFERENCES identity.users (user_id),
    session_id  uuid        NOT NULL,
    expires_at  timestamptz NOT NULL
);

CREATE INDEX hub_tickets_of_session ON identity.hub_tickets (session_id);
CREATE INDEX hub_tickets_of_tenant ON identity.hub_tickets (tenant_id, expires_at);

-- Whose a ticket is, is not known before it is found.
CREATE POLICY sign_in_finds ON identity.hub_tickets FOR SELECT USING ((SELECT platform.works_as('identity.sign_in')));
