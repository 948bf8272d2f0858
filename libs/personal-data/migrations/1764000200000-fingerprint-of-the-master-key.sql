-- Which master key these keys belong to: a hash of what all versions of it have in common, from which nobody gets back to it.
-- With another file hashes would find nothing and nothing would open, which is to be seen before anything is written; null
-- until the first process that holds the right one has started.
ALTER TABLE master_key_in_force ADD COLUMN fingerprint bytea;
