-- With which key each was made, by itself or in a session of its: so one that has got about is revoked with all that somebody has made with it,
-- who would else stay in. NULL: made by a version from before, or set by the operator's environment.
ALTER TABLE api_keys ADD COLUMN made_by text REFERENCES api_keys (id);
CREATE INDEX api_keys_made_by ON api_keys (made_by);
