-- Archives of exports are encrypted among the blobs, under a key that lies here sealed. Those from before are not, until they expire.
ALTER TABLE privacy.subject_exports
    ADD COLUMN blob text NULL CHECK (length(blob) = 64),
    ADD COLUMN content_key bytea NULL;
