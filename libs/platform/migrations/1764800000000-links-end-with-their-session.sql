-- A link that a session has made must open none that outlasts it: else whoever has got at a session could renew it for ever.
-- NULL: it was made with a key, and opens a session of the usual length.
ALTER TABLE entry_links ADD COLUMN session_ends_by timestamptz;
