-- Whose hand is in a session, and behind a link: the key of whoever asked for the link, which is another than the one it speaks for where an
-- administrator opens the console for somebody, and that of the session before where a session asked. Both end with it; the hash says which secret of
-- it, as `key_hash` does. NULL: begun by a version from before, and nobody knows by whom; it speaks for none, and people sign in once more.
ALTER TABLE sessions ADD COLUMN opened_by text REFERENCES api_keys (id);
ALTER TABLE sessions ADD COLUMN opener_hash bytea;
ALTER TABLE entry_links ADD COLUMN opened_by text REFERENCES api_keys (id);
ALTER TABLE entry_links ADD COLUMN opener_hash bytea;
