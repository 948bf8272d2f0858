-- Counts of offers in as few rows and columns as reports read quickly: one row for all ages, whose counts stand side by side in one number,
-- eight decimal digits for each. PostgreSQL adds such numbers up as they are. A column each: what had become of the offers by that age.
-- By `day` all offers are counted as well, so that a period which begins or ends within a month needs no look at them.
CREATE FUNCTION packed(counts bigint[]) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT string_agg(lpad(each::text, 8, '0'), '' ORDER BY at)::numeric FROM unnest(counts) WITH ORDINALITY AS count (each, at)
$$;

ALTER TABLE cohort_counts RENAME TO former_counts;
ALTER INDEX cohort_counts_pkey RENAME TO former_counts_pkey;

CREATE TABLE cohort_counts (
  dimension text    NOT NULL,               -- '' for all, `day`, `source`, `campaign`, `attributes.…`
  value     text    NOT NULL,               -- '' for all; of a day such as 2026-01-31, UTC
  month     integer NOT NULL,               -- of the offer, UTC, since January 1970
  pool      text    NOT NULL,
  party     text    NOT NULL,
  grade     text    NOT NULL,               -- 'incomplete' for offers without one; '' by attribute, as the next two
  kind      text    NOT NULL,
  policy    text    NOT NULL,
  -- offered, delivered, accepted, declined, expired, withdrawn, open, kept, contacted, qualified, won, lost, returned, reported
  in_7      numeric NOT NULL,
  in_14     numeric NOT NULL,
  in_30     numeric NOT NULL,
  in_60     numeric NOT NULL,
  in_90     numeric NOT NULL,
  ever      numeric NOT NULL,
  PRIMARY KEY (dimension, value, month, pool, party, grade, kind, policy)
) WITH (fillfactor = 60);

-- What happened within each age was counted apart; up to an age it is the sum.
INSERT INTO cohort_counts
SELECT dimension, value, month, pool, party, grade, kind, policy,
  coalesce(max(counts) FILTER (WHERE age = 7), 0), coalesce(max(counts) FILTER (WHERE age = 14), 0),
  coalesce(max(counts) FILTER (WHERE age = 30), 0), coalesce(max(counts) FILTER (WHERE age = 60), 0),
  coalesce(max(counts) FILTER (WHERE age = 90), 0), max(counts) FILTER (WHERE age = 9999)
FROM (
  SELECT dimension, value, month, pool, party, grade, kind, policy, age, packed(ARRAY[sum(offered), sum(delivered), sum(accepted),
    sum(declined), sum(expired), sum(withdrawn), sum(open), sum(kept), sum(contacted), sum(qualified), sum(won), sum(lost),
    sum(returned), sum(reported)]) AS counts
  FROM former_counts JOIN unnest(ARRAY[7, 14, 30, 60, 90, 9999]) AS age ON within <= age
  GROUP BY dimension, value, month, pool, party, grade, kind, policy, age
) AS by_age GROUP BY dimension, value, month, pool, party, grade, kind, policy;

DROP TABLE former_counts;

-- Days were counted from the offers whenever they were asked for: now once, by the same rules.
INSERT INTO cohort_counts
WITH moments AS (
  SELECT age, offered_at AT TIME ZONE 'UTC' AS at, pool, party, coalesce(grade, 'incomplete') AS grade, kind, policy, stage,
    coalesce(delivered_at <= ends, false) AS delivered, coalesce(accepted_at <= ends, false) AS accepted,
    coalesce(contacted_at <= ends AND accepted_at <= ends, false) AS was_contacted,
    coalesce(qualified_at <= ends AND accepted_at <= ends, false) AS was_qualified,
    coalesce(closed_at, offered_at) <= ends AND coalesce(accepted_at <= ends, true) AS closed
  FROM offers CROSS JOIN unnest(ARRAY[7, 14, 30, 60, 90, 9999]) AS age
  CROSS JOIN LATERAL (SELECT CASE WHEN age = 9999 THEN 'infinity' ELSE offered_at + make_interval(hours => 24 * age) END AS ends)
  WHERE age = 9999 OR traits IS NOT NULL
), became AS (
  SELECT age, at, pool, party, grade, kind, policy, delivered, accepted, closed AND stage = 'won' AS won,
    was_qualified OR (closed AND stage = 'won') AS qualified,
    was_contacted OR was_qualified OR (closed AND stage = 'won') AS contacted,
    closed AND stage = 'lost' AS lost, closed AND stage = 'returned' AS returned, closed AND stage = 'declined' AS declined,
    closed AND stage = 'expired' AS expired, closed AND stage = 'withdrawn' AS withdrawn
  FROM moments
), by_age AS (
  SELECT to_char(at, 'YYYY-MM-DD') AS day, (extract(year FROM at)::integer - 1970) * 12 + extract(month FROM at)::integer - 1 AS month,
    pool, party, grade, kind, policy, age, packed(ARRAY[count(*), count(*) FILTER (WHERE delivered), count(*) FILTER (WHERE accepted),
      count(*) FILTER (WHERE declined), count(*) FILTER (WHERE expired), count(*) FILTER (WHERE withdrawn),
      count(*) FILTER (WHERE NOT (accepted OR declined OR expired OR withdrawn)),
      count(*) FILTER (WHERE NOT (declined OR expired OR withdrawn OR returned)),
      count(*) FILTER (WHERE contacted), count(*) FILTER (WHERE qualified), count(*) FILTER (WHERE won), count(*) FILTER (WHERE lost),
      count(*) FILTER (WHERE returned), count(*) FILTER (WHERE accepted AND (contacted OR lost OR returned))]) AS counts
  FROM became GROUP BY day, month, pool, party, grade, kind, policy, age
)
SELECT 'day', day, month, pool, party, grade, kind, policy,
  coalesce(max(counts) FILTER (WHERE age = 7), 0), coalesce(max(counts) FILTER (WHERE age = 14), 0),
  coalesce(max(counts) FILTER (WHERE age = 30), 0), coalesce(max(counts) FILTER (WHERE age = 60), 0),
  coalesce(max(counts) FILTER (WHERE age = 90), 0), max(counts) FILTER (WHERE age = 9999)
FROM by_age GROUP BY day, month, pool, party, grade, kind, policy;

-- How long it took, by month: of each block of fifty times that follow one another, how many leads, in one number. Most of a period is read from
-- here, and `timed_counts` tells the days at its ends, and what came only after the moment that is asked for.
CREATE TABLE timed_months (
  step  text    NOT NULL,
  month integer NOT NULL,                   -- of the offer, UTC, since January 1970
  pool  text    NOT NULL,
  party text    NOT NULL,
  block integer NOT NULL,
  leads numeric NOT NULL,
  PRIMARY KEY (step, month, pool, party, block)
) WITH (fillfactor = 60);

INSERT INTO timed_months
SELECT step, month, pool, party, number / 50, sum(leads * ('1' || repeat('0', 8 * (49 - number % 50)))::numeric)
FROM timed_counts CROSS JOIN LATERAL (
  SELECT (extract(year FROM day)::integer - 1970) * 12 + extract(month FROM day)::integer - 1 AS month,
    CASE WHEN hours <= 48 THEN hours ELSE 46 + hours / 24 END AS number)
WHERE step <> 'offer' GROUP BY step, month, pool, party, number / 50;

-- How many of a day's offers came to each step at all: the others are still open.
CREATE TABLE timed_days (
  day       date    NOT NULL,               -- of the offer, UTC
  pool      text    NOT NULL,
  party     text    NOT NULL,
  offered   integer NOT NULL,
  accepted  integer NOT NULL,
  contacted integer NOT NULL,
  qualified integer NOT NULL,
  won       integer NOT NULL,
  closed    integer NOT NULL,
  PRIMARY KEY (day, pool, party)
) WITH (fillfactor = 60);

INSERT INTO timed_days
SELECT day, pool, party, coalesce(sum(leads) FILTER (WHERE step = 'offer'), 0), coalesce(sum(leads) FILTER (WHERE step = 'accept'), 0),
  coalesce(sum(leads) FILTER (WHERE step = 'contact'), 0), coalesce(sum(leads) FILTER (WHERE step = 'qualify'), 0),
  coalesce(sum(leads) FILTER (WHERE step = 'win'), 0), coalesce(sum(leads) FILTER (WHERE step = 'close'), 0)
FROM timed_counts GROUP BY day, pool, party;

-- That an offer was made took no time.
DELETE FROM timed_counts WHERE step = 'offer';
-- By the day after which it had happened.
CREATE INDEX timed_counts_by_end ON timed_counts (step, (day + (hours + 23) / 24));

-- What is counted from the offers themselves: of one source or campaign the days at the ends of a period, and what no counts are kept of. Taken out of the
-- traits once and not whenever they are asked for, since to read a document takes longer than all else.
ALTER TABLE offers
  ADD COLUMN source text GENERATED ALWAYS AS (traits::jsonb ->> 'source') STORED,
  ADD COLUMN campaign text GENERATED ALWAYS AS (traits::jsonb -> 'kinds' ->> 'campaign') STORED,
  ADD COLUMN kinds jsonb GENERATED ALWAYS AS (traits::jsonb -> 'kinds') STORED;
CREATE INDEX offers_by_source ON offers (source, offered_at);
CREATE INDEX offers_by_campaign ON offers (campaign, offered_at);

DROP FUNCTION packed(bigint[]);
