-- Archives of exports are encrypted among the blobs, under a key that lies here sealed. Those from before are not, until they expire.
ALTER TABLE subject_exports ADD COLUMN blob TEXT NULL CHECK (length(blob) = 64);
ALTER TABLE subject_exports ADD COLUMN content_key BLOB NULL;
