-- What the source that sent a lead first calls it: by this name it is told what becomes of it. Null: it gave none, or the lead
-- came in before this was kept.
ALTER TABLE leads ADD COLUMN external_id text;

-- Senders: further sources that sent a lead which was known, and later names that its own source has for it. One row for
-- each source, with the name that it used last.
CREATE TABLE senders (
  lead_id     uuid NOT NULL REFERENCES leads (id),
  source_id   text NOT NULL,
  external_id text,
  PRIMARY KEY (lead_id, source_id)
);

-- Whoever sent a lead that turned out to be one with another hears what becomes of that one.
CREATE INDEX leads_by_survivor ON leads (absorbed_by) WHERE absorbed_by IS NOT NULL;

-- Feedback heads: the number of each source's last entry. Entries are numbered with this row locked, so that their numbers are
-- in the order of their commits: who has read up to one of them has missed none before it.
CREATE TABLE feedback_heads (
  source_id text   PRIMARY KEY,
  last      bigint NOT NULL
) WITH (fillfactor = 50);

-- Feedback: what became of what a source sent, entry by entry, for it to read and to be told. From the log, and no more than it
-- tells in clear.
CREATE TABLE feedback (
  source_id   text        NOT NULL,
  position    bigint      NOT NULL,
  event_id    uuid        NOT NULL,     -- of the event that told it
  lead_id     uuid        NOT NULL,
  external_id text,
  type        text        NOT NULL,
  at          timestamptz NOT NULL,     -- when it happened
  said_at     timestamptz NOT NULL,     -- when it was told to us, which may be long after: so long it is kept from then on
  told        jsonb       NOT NULL,     -- what is missing, why, how much
  PRIMARY KEY (source_id, position)
);
CREATE INDEX feedback_by_age ON feedback (said_at);
CREATE INDEX feedback_of_lead ON feedback (lead_id);  -- an erasure takes what was not yet told

-- Where a source wants to be told, and how its tool is: secrets and tokens sealed like those above.
ALTER TABLE sources
  ADD COLUMN feedback_url                 text,
  ADD COLUMN feedback_secret              bytea,         -- sealed
  ADD COLUMN feedback_secret_before       bytea,         -- sealed; signs too, until
  ADD COLUMN feedback_secret_before_until timestamptz,
  ADD COLUMN outcomes                     jsonb,         -- where, into what, and in which words
  ADD COLUMN outcomes_token               bytea;         -- sealed

-- Feedback targets: how far each of them has been told. One batch at a time, always the same until it is settled, so that it
-- has one id however often it is sent.
CREATE TABLE feedback_targets (
  source_id     text        NOT NULL REFERENCES sources (id),
  kind          text        NOT NULL CHECK (kind IN ('callback', 'tool')),
  told_through  bigint      NOT NULL,                    -- told, or given up
  sending       bigint      CHECK (sending > told_through),  -- the last entry of the batch; null: none is under way
  attempts      integer     NOT NULL DEFAULT 0,          -- of this batch
  due_at        timestamptz NOT NULL DEFAULT now(),
  failing       text,                                    -- the class of the last failure
  failing_since timestamptz,
  PRIMARY KEY (source_id, kind)
);
