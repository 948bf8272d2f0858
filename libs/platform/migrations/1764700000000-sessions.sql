-- Sessions of people who look at the console with a browser: a session speaks for a key as long as that key is valid. Of its secret, which
-- the browser keeps in a cookie that no script can read, only the hash is here, as of a key's.
CREATE TABLE sessions (
  id         text PRIMARY KEY,
  key_id     text NOT NULL REFERENCES api_keys (id),
  hash       bytea NOT NULL CHECK (length(hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  ends_at    timestamptz NOT NULL
);
CREATE INDEX sessions_by_end ON sessions (ends_at);

-- Links that open one session and are gone with it, so that nobody has to type a key. One that was not used ends by itself.
CREATE TABLE entry_links (
  id         text PRIMARY KEY,
  key_id     text NOT NULL REFERENCES api_keys (id),
  hash       bytea NOT NULL CHECK (length(hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  ends_at    timestamptz NOT NULL
);
CREATE INDEX entry_links_by_end ON entry_links (ends_at);
