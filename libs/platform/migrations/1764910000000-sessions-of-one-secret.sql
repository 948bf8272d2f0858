-- Of which secret of its key a session is, or a link: the operator's key keeps its id when another takes its place, and whatever was being
-- begun with the old one at that very moment would else speak for the new one. NULL: begun by a version from before; it speaks for none.
ALTER TABLE sessions ADD COLUMN key_hash bytea;
ALTER TABLE entry_links ADD COLUMN key_hash bytea;
UPDATE sessions SET key_hash = api_keys.hash FROM api_keys WHERE api_keys.id = sessions.key_id;
UPDATE entry_links SET key_hash = api_keys.hash FROM api_keys WHERE api_keys.id = entry_links.key_id;
