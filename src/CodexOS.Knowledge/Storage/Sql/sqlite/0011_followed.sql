-- What was recorded lately, for servers whose own indexes follow it.
CREATE INDEX documents_changed ON documents (base_id, changed_at);
