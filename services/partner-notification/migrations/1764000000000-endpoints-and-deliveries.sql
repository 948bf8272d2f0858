-- What a webhook tells about a lead, as far as events have said it. Contact data is as sealed as in its event: it is
-- opened when a webhook is sent, so an erased lead's is gone here too, and for retries of webhooks already begun.
CREATE TABLE leads (
  lead_id       uuid PRIMARY KEY,
  contact       json,
  contact_event uuid,            -- the event that brought `contact`: part of what its encryption is bound to
  state         text,
  grade         text,
  score         integer,
  facts         json,            -- json, not jsonb: it is passed on as it came and never looked into
  contributions json,
  holder        text,            -- the party that has the latest offer
  CHECK ((contact IS NULL) = (contact_event IS NULL))
) WITH (fillfactor = 80);        -- each row is written three times within seconds; with room on its page no index is touched

CREATE TABLE endpoints (
  key           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  party         text        NOT NULL,
  id            text        NOT NULL,
  url           text        NOT NULL,
  events        text[]      NOT NULL,
  state         text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'failing', 'disabled')),
  reason        text,
  since         timestamptz NOT NULL DEFAULT now(),
  resting_until timestamptz,     -- its server asked for a pause (429 or 503 with Retry-After)
  version       bigint      NOT NULL DEFAULT 1,  -- grows with whatever a sender must know before it sends again
  created_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (party, id),
  CHECK ((state = 'active') = (reason IS NULL))
);

-- Secrets that sign: one, or several while a new one takes over. Encrypted: whoever reads this table cannot sign with it.
CREATE TABLE endpoint_secrets (
  id           uuid PRIMARY KEY,   -- bound into the encryption, so that secrets cannot be exchanged between rows
  endpoint_key bigint      NOT NULL REFERENCES endpoints (key),
  secret       bytea       NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz         -- null: it signs until it is replaced
);
CREATE INDEX endpoint_secrets_of ON endpoint_secrets (endpoint_key);
CREATE UNIQUE INDEX endpoint_secrets_one_current ON endpoint_secrets (endpoint_key) WHERE expires_at IS NULL;

-- Deliveries: one for each event and endpoint that is told of it. Written once: that it is pending is a row in the queue, that
-- it arrived is an attempt that succeeded; to note either here as well would cost every webhook a second write of this row.
-- No foreign key to `endpoints`: those are never deleted, and the check would lock the endpoint's row for every delivery.
CREATE TABLE deliveries (
  sequence     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id           uuid        NOT NULL UNIQUE,  -- made from event and endpoint: the webhook-id, the same for every attempt
  endpoint_key bigint      NOT NULL,
  lead_id      uuid        NOT NULL,
  event_id     uuid        NOT NULL,
  event_type   text        NOT NULL,
  event        json        NOT NULL,         -- the part of the event that the party is told, never personal data
  with_contact boolean     NOT NULL,
  traceparent  text,
  undelivered  text CHECK (undelivered IN ('failed', 'withheld')),  -- how it ended, when it did not arrive
  created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX deliveries_of_endpoint ON deliveries (endpoint_key, sequence);

-- What is yet to be sent: a to-do list, apart from `deliveries`, so that taking from it does not get slower as history
-- grows. A row goes when its delivery is settled. `leased_until` is in no index, so a claim touches none.
CREATE TABLE delivery_queue (
  sequence     bigint PRIMARY KEY,
  endpoint_key bigint      NOT NULL,
  lead_id      uuid        NOT NULL,
  due_at       timestamptz NOT NULL,
  leased_until timestamptz,                  -- a sender that died holds on to it no longer than this
  claims       integer     NOT NULL DEFAULT 0,  -- numbers the claims: a late sender's failure must not reschedule for another
  attempts     integer     NOT NULL DEFAULT 0
) WITH (
  fillfactor = 60,
  -- Rows live for milliseconds: without frequent vacuuming every look for what is due wades through the dead.
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX delivery_queue_due ON delivery_queue (endpoint_key, due_at, sequence);
-- For "is something earlier of the same lead still on its way to the same endpoint?"
CREATE INDEX delivery_queue_order ON delivery_queue (lead_id, endpoint_key, sequence);

CREATE TABLE attempts (
  sequence    bigint      NOT NULL,          -- of the delivery
  claim       integer     NOT NULL,
  attempt     integer     NOT NULL,
  lead_id     uuid        NOT NULL,
  started_at  timestamptz NOT NULL,
  duration_ms integer     NOT NULL,
  status      smallint,                      -- null: no answer
  failure     text,                          -- null: it succeeded
  excerpt     text CHECK (octet_length(excerpt) <= 256),  -- the beginning of the answer to a failed attempt
  PRIMARY KEY (sequence, claim)
);
-- An answer can repeat what it was sent: erasure takes excerpts, too.
CREATE INDEX attempts_with_excerpt ON attempts (lead_id) WHERE excerpt IS NOT NULL;
