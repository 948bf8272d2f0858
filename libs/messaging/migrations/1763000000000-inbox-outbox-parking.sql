-- Inbox: which events a consumer has taken. Its row commits with the effects of the event, or not at all, so an
-- event that Kafka delivers twice has its effects once.
CREATE TABLE inbox (
  event_id   uuid        NOT NULL,
  consumer   text        NOT NULL,
  claimed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, consumer)
);
-- Rows older than Kafka keeps messages are useless; BRIN because they are inserted in the order of time.
CREATE INDEX inbox_claimed_at ON inbox USING brin (claimed_at);

-- Outbox: what is yet to be published. A to-do list and not a cursor, because positions are handed out before
-- commit: "everything after the last one sent" would skip a slow transaction.
CREATE TABLE outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id uuid  NOT NULL UNIQUE,
  topic    text  NOT NULL,
  key      text  NOT NULL,          -- of a lead's event: the lead's id. Events of one key are published in order
  type     text  NOT NULL,
  headers  jsonb,
  event    bytea NOT NULL,          -- the exact bytes that are published, logged and hashed
  said_at  timestamptz NOT NULL DEFAULT now()
) WITH (
  -- A queue's rows live for milliseconds: without frequent vacuuming every look for the oldest wades through the dead.
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0
);

-- Parked: events that could not be processed, and later events of the same key that wait behind them.
CREATE TABLE parked (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  consumer     text        NOT NULL,
  event_id     uuid        NOT NULL,
  key          text        NOT NULL,
  type         text        NOT NULL,
  topic        text        NOT NULL,
  partition    integer     NOT NULL,
  "offset"     bigint      NOT NULL,
  event        bytea       NOT NULL,
  error_class  text        NOT NULL,  -- names of error classes and codes only, never a message: messages repeat values
  behind       bigint,                -- the parked event that this one waits behind; null: it is the culprit itself
  attempts     integer     NOT NULL DEFAULT 1,
  parked_at    timestamptz NOT NULL DEFAULT now(),
  redriven_at  timestamptz,
  UNIQUE (consumer, event_id)
);
CREATE INDEX parked_waiting ON parked (consumer, key, id) WHERE redriven_at IS NULL;
