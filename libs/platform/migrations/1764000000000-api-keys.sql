-- Who may call the HTTP interface. Only the hash of a key's secret is kept: the secret has 256 random bits, so a plain
-- SHA-256 cannot be searched, and a copy of this table opens nothing.
CREATE TABLE api_keys (
  id               text PRIMARY KEY,
  name             text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  role             text NOT NULL CHECK (role IN ('admin', 'manager', 'source', 'partner', 'auditor')),
  partner_id       text,
  source_id        text,
  hash             bytea NOT NULL CHECK (length(hash) = 32),
  from_environment boolean NOT NULL DEFAULT false,     -- the operator's own key, set by FAIRLEAD_ADMIN_KEY at every start
  created_at       timestamptz NOT NULL DEFAULT now(),
  last_used        timestamptz,                        -- to the minute, for finding keys that nobody needs any more
  revoked_at       timestamptz,                        -- kept, so that the log's actors can still be named
  -- A partner's or a source's key speaks for exactly one of them, and no other key for any.
  CHECK ((role = 'partner') = (partner_id IS NOT NULL)),
  CHECK ((role = 'source') = (source_id IS NOT NULL))
);
