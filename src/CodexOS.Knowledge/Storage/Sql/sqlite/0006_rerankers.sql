-- What ranks the best passages of a search once more: a model, as provider:model. Without one they stay as they were found.
ALTER TABLE knowledge_bases ADD COLUMN reranker TEXT CHECK (length(reranker) BETWEEN 1 AND 200);
