-- What a source's own webhooks are verified by, and where what they only name is asked for. Secrets and tokens are sealed
-- with a key that is derived from the master key, each for its own place.
ALTER TABLE sources
  ADD COLUMN public_keys    text[] NOT NULL DEFAULT '{}',  -- PEM, of tools that sign with a key of their own
  ADD COLUMN verify_token   bytea,                          -- sealed
  ADD COLUMN fetch_base_url text,
  ADD COLUMN fetch_token    bytea;                          -- sealed

-- Source secrets: at most two at a time, of which the older one ends a day after the newer one came.
CREATE TABLE source_secrets (
  id         uuid PRIMARY KEY,
  source_id  text        NOT NULL REFERENCES sources (id),
  secret     bytea       NOT NULL,     -- sealed
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz                -- null: the newest
);
CREATE UNIQUE INDEX source_secrets_newest ON source_secrets (source_id) WHERE expires_at IS NULL;
CREATE INDEX source_secrets_of_source ON source_secrets (source_id);

-- Fetches: what a webhook only named, until it was asked for. One row for each thing however often it is named, since one
-- answer tells how it is now.
CREATE TABLE fetches (
  source_id   text        NOT NULL REFERENCES sources (id),
  reference   text        NOT NULL,          -- the tool's own id of it
  wanted_at   timestamptz NOT NULL,
  revision    integer     NOT NULL DEFAULT 1, -- grows when it is named again: an answer that was asked for before is then old
  attempts    integer     NOT NULL DEFAULT 0,
  due_at      timestamptz NOT NULL,
  failed      text,                           -- the class of the last failure
  given_up_at timestamptz,
  traceparent text,
  PRIMARY KEY (source_id, reference)
);
CREATE INDEX fetches_due ON fetches (source_id, due_at) WHERE given_up_at IS NULL;

-- Fetch paces: when each source may be asked again. One row for all processes, so that all of them together keep to it.
CREATE TABLE fetch_paces (
  source_id text PRIMARY KEY REFERENCES sources (id),
  next_at   timestamptz NOT NULL
);

-- Set aside: deliveries of a type that nobody here knows, for whoever teaches us to read it. They may hold anything about
-- anybody: sealed, few, and gone after some weeks.
CREATE TABLE set_aside (
  source_id   text        NOT NULL REFERENCES sources (id),
  hash        bytea       NOT NULL,   -- HMAC of the bytes: what is sent again is there once
  type        text        NOT NULL,   -- the tool's word for it
  received_at timestamptz NOT NULL DEFAULT now(),
  bytes       bytea,                  -- sealed; null when it was too large to be kept
  PRIMARY KEY (source_id, hash)
);
CREATE INDEX set_aside_by_age ON set_aside (received_at);
