-- Which event has which place in the log. The entries themselves are in the log's storage, and until they are there, in Kafka:
-- a place is given here first, in one transaction with the offsets, so whoever takes over writes the very same log.
CREATE TABLE entries (
  index     bigint  PRIMARY KEY CHECK (index >= 0),
  event_id  uuid    NOT NULL UNIQUE,          -- an event that comes again has its place already
  subject   text    NOT NULL,                 -- a lead's id, or a document's name
  type      text    NOT NULL,
  topic     text    NOT NULL,                 -- where it came from, so that it can be read again
  partition integer NOT NULL,
  "offset"  bigint  NOT NULL
);
CREATE INDEX entries_of_subject ON entries (subject, index);

-- How far each partition has been read, and that nothing was left out: records = entries + repeated + unreadable.
CREATE TABLE partitions (
  topic        text    NOT NULL,
  partition    integer NOT NULL,
  first_offset bigint  NOT NULL,
  next_offset  bigint  NOT NULL,
  entries      bigint  NOT NULL,
  repeated     bigint  NOT NULL,
  unreadable   bigint  NOT NULL,
  gaps         bigint  NOT NULL DEFAULT 0 CHECK (gaps >= 0),   -- offsets that the broker gave to no record
  PRIMARY KEY (topic, partition),
  CHECK (next_offset - first_offset = entries + repeated + unreadable + gaps)
) WITH (fillfactor = 50);

-- Records that are no events; their bytes stay in Kafka.
CREATE TABLE unreadable (
  topic     text    NOT NULL,
  partition integer NOT NULL,
  "offset"  bigint  NOT NULL,
  why       text    NOT NULL,
  sha256    bytea   NOT NULL,
  PRIMARY KEY (topic, partition, "offset")
);

-- Every checkpoint that was ever published.
CREATE TABLE checkpoints (
  size bigint      PRIMARY KEY CHECK (size >= 0),
  note text        NOT NULL,
  at   timestamptz NOT NULL DEFAULT now()
);

-- The head of the log: one row. Whoever leads raises the epoch; a leader that was put aside finds another one here, and can
-- neither give places nor publish.
CREATE TABLE log_head (
  one       boolean PRIMARY KEY DEFAULT true CHECK (one),
  epoch     bigint  NOT NULL DEFAULT 0,
  leads_until timestamptz NOT NULL DEFAULT '-infinity',   -- whoever leads puts it off; when it has passed, anybody may lead
  size      bigint  NOT NULL DEFAULT 0,    -- places given
  published bigint  NOT NULL DEFAULT 0 CHECK (published <= size),
  note      text                          -- the checkpoint of size `published`
) WITH (fillfactor = 50);
INSERT INTO log_head DEFAULT VALUES;
