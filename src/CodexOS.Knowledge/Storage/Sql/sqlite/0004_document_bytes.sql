-- How many bytes a tenant has is counted before each document that is added; the index has the sizes.
CREATE INDEX documents_bytes_of_tenant ON documents (tenant_id, size_bytes);
DROP INDEX documents_of_tenant;
