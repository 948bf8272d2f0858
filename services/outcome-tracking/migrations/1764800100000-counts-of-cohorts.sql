-- What the lead was like when the offer was made: its source, and of its attributes those that are kinds, as JSON. Never changes with
-- the lead. Null: an offer from before it was noted; `fairlead rebuild` notes it, and counts what follows.
ALTER TABLE offers ADD COLUMN traits text;
-- Days at the ends of a period that are no whole month are counted from their offers.
CREATE INDEX offers_by_time ON offers (offered_at);

-- Counts of offers by month: all of them, by source, by campaign, and those that were accepted by each attribute of the lead. Each row has what
-- happened within so many days of the offer and not within the next smaller number, so that leads can be compared at one age. What
-- holds at first and not later (open, kept) is less than nothing in a later age: only sums mean something.
CREATE TABLE cohort_counts (
  dimension text     NOT NULL,              -- '' for all, `source`, `campaign`, `attributes.…`
  value     text     NOT NULL,              -- '' for all
  pool      text     NOT NULL,
  month     integer  NOT NULL,              -- of the offer, UTC, since January 1970
  party     text     NOT NULL,
  grade     text     NOT NULL,              -- 'incomplete' for offers without one; '' by attribute, as the next two
  kind      text     NOT NULL,
  policy    text     NOT NULL,
  within    smallint NOT NULL,              -- days; 9999 for later
  offered   integer  NOT NULL,
  delivered integer  NOT NULL,
  accepted  integer  NOT NULL,
  declined  integer  NOT NULL,
  expired   integer  NOT NULL,
  withdrawn integer  NOT NULL,
  open      integer  NOT NULL,
  kept      integer  NOT NULL,
  contacted integer  NOT NULL,
  qualified integer  NOT NULL,
  won       integer  NOT NULL,
  lost      integer  NOT NULL,
  returned  integer  NOT NULL,
  reported  integer  NOT NULL,
  PRIMARY KEY (dimension, value, pool, month, party, grade, kind, policy, within)
) WITH (fillfactor = 50);

-- What was counted so far, at no age.
INSERT INTO cohort_counts
SELECT '', '', pool, (extract(year FROM day)::integer - 1970) * 12 + extract(month FROM day)::integer - 1 AS month, party, grade, kind,
  policy, 9999, sum(offered), sum(delivered), sum(accepted), sum(declined), sum(expired), sum(withdrawn), sum(open), sum(kept),
  sum(contacted), sum(qualified), sum(won), sum(lost), sum(returned), 0
FROM offer_counts GROUP BY pool, month, party, grade, kind, policy;

DROP TABLE offer_counts;

-- How long it took: offers of a day that came to a step after so many hours. Whole hours to two days, then whole days, always up.
CREATE TABLE timed_counts (
  step  text    NOT NULL,
  day   date    NOT NULL,                   -- of the offer, UTC
  pool  text    NOT NULL,
  party text    NOT NULL,
  hours integer NOT NULL,
  leads integer NOT NULL,
  PRIMARY KEY (step, day, pool, party, hours)
) WITH (fillfactor = 70);

-- How many events of leads are counted, of each partition of the topic: with that, whoever has the log knows exactly which ones. Empty where
-- events were counted before this was.
CREATE TABLE folded (
  partition smallint PRIMARY KEY,
  events    bigint   NOT NULL CHECK (events >= 0)
) WITH (fillfactor = 10);
INSERT INTO folded SELECT partition, 0 FROM generate_series(0, 5) AS partition WHERE NOT EXISTS (SELECT FROM leads);
