-- What makes the vectors of a knowledge base: a model, as provider:model, or 'builtin' for the index itself.
ALTER TABLE knowledge_bases ADD COLUMN embedding_model TEXT NOT NULL DEFAULT 'builtin' CHECK (length(embedding_model) BETWEEN 1 AND 200);
ALTER TABLE knowledge_bases ADD COLUMN embedding_dimension INTEGER NOT NULL DEFAULT 0;
ALTER TABLE knowledge_bases ADD COLUMN embedding_revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE knowledge_bases ADD COLUMN embedding_next TEXT;

-- The vectors that a model has made of a document's passages, and those of the model that the base is being given.
ALTER TABLE documents ADD COLUMN vectors_blob TEXT;
ALTER TABLE documents ADD COLUMN vectors_key TEXT;
ALTER TABLE documents ADD COLUMN next_vectors_blob TEXT;
ALTER TABLE documents ADD COLUMN next_vectors_key TEXT;
