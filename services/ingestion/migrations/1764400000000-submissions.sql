-- Submissions: requests whose sender did not want to wait until each lead was taken in (Prefer: respond-async). A row is written last,
-- when all of its parts are stored: only then is the request answered, and only then are they worked off. What became of each lead
-- stands in idempotency_keys, as of any request that may be repeated, in the transaction that took it in.
CREATE TABLE submissions (
  id              uuid PRIMARY KEY,
  caller          text        NOT NULL,   -- id of the API key
  idempotency_key text,
  request         bytea       NOT NULL,   -- HMAC of what was sent: the same key for something else is refused
  source_id       text,                   -- the source that all rows are of; null: each names its own
  mapping         jsonb,                  -- the request's own
  strict          boolean     NOT NULL,
  traceparent     text,
  rows            integer     NOT NULL CHECK (rows >= 0),
  accepted_at     timestamptz NOT NULL,
  leased_until    timestamptz NOT NULL DEFAULT '-infinity',
  failures        integer     NOT NULL DEFAULT 0,
  finished_at     timestamptz,
  UNIQUE (caller, idempotency_key)
);
CREATE INDEX submissions_to_do ON submissions (accepted_at, id) WHERE finished_at IS NULL;

-- Parts of submissions, as they were sent: contact data in them, so encrypted with a key of the submission's own, which is deleted
-- with the last of them. A part goes in the transaction that takes its leads in.
CREATE TABLE submission_parts (
  submission_id uuid        NOT NULL,
  part          integer     NOT NULL,
  rows          integer     NOT NULL,
  body          bytea       NOT NULL,
  stored_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (submission_id, part)
);
-- What is encrypted does not become smaller, however long one tries.
ALTER TABLE submission_parts ALTER COLUMN body SET STORAGE EXTERNAL;
