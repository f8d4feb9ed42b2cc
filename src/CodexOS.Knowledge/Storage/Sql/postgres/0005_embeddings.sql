-- What makes the vectors of a knowledge base: a model, as provider:model, or 'builtin' for the index itself.
ALTER TABLE knowledge.knowledge_bases
    ADD COLUMN embedding_model text NOT NULL DEFAULT 'builtin' CHECK (length(embedding_model) BETWEEN 1 AND 200),
    ADD COLUMN embedding_dimension integer NOT NULL DEFAULT 0,
    ADD COLUMN embedding_revision integer NOT NULL DEFAULT 0,
    ADD COLUMN embedding_next text;

-- The vectors that a model has made of a document's passages, and those of the model that the base is being given.
ALTER TABLE knowledge.documents
    ADD COLUMN vectors_blob text,
    ADD COLUMN vectors_key text,
    ADD COLUMN next_vectors_blob text,
    ADD COLUMN next_vectors_key text;
