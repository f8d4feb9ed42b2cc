-- What else searches of a base look for, a JSON list of rules, and what raises or lowers passages, a JSON object. Null is none.
ALTER TABLE knowledge_bases ADD COLUMN synonyms TEXT CHECK (length(synonyms) BETWEEN 1 AND 16000000);
ALTER TABLE knowledge_bases ADD COLUMN boosts TEXT CHECK (length(boosts) BETWEEN 1 AND 1000000);
