-- What was sent again because somebody asked for it: a delivery of its own, with an id of its own, and each knows the other.
ALTER TABLE deliveries
  ADD COLUMN resend_of bigint,  -- the delivery that this one repeats
  ADD COLUMN resent_as bigint;  -- the latest one that repeats this

-- The list of an endpoint's deliveries, by time, and by any type and end of them: each of these is a range of this index, so that
-- a page costs as much of a million as of ten.
CREATE INDEX deliveries_listed ON deliveries (endpoint_key, event_type, coalesce(undelivered, ''), created_at, sequence);
DROP INDEX deliveries_of_endpoint;

-- Replays: everything since a moment that is to be sent again to an endpoint, piece by piece.
CREATE TABLE replays (
  id              uuid        PRIMARY KEY,
  endpoint_key    bigint      NOT NULL,
  idempotency_key text,                           -- what its party calls this request
  since           timestamptz NOT NULL,
  until           timestamptz NOT NULL,           -- not after the request, so that it never meets what it made itself
  state           text        NOT NULL CHECK (state IN ('missed', 'failed', 'withheld', 'all')),
  types           text[]      NOT NULL,
  resends         integer     NOT NULL,           -- as counted when it was asked for, and never exceeded
  resent          integer     NOT NULL DEFAULT 0,
  past_at         timestamptz NOT NULL DEFAULT '-infinity',  -- the last delivery that was looked at
  past_sequence   bigint      NOT NULL DEFAULT 0,
  requested_at    timestamptz NOT NULL DEFAULT now(),
  looked_at       timestamptz NOT NULL DEFAULT now(),  -- whose turn it is, where there are several
  ended_at        timestamptz,
  UNIQUE (endpoint_key, idempotency_key)
);
-- Two at once would send the same again twice.
CREATE UNIQUE INDEX replays_one_at_a_time ON replays (endpoint_key) WHERE ended_at IS NULL;
