-- Where the vectors of a knowledge base lie: the name of a store that the operator set up, or 'embedded'.
ALTER TABLE knowledge_bases
    ADD COLUMN store TEXT NOT NULL DEFAULT 'embedded' CHECK (length(store) BETWEEN 1 AND 40);
