-- Counts of accepted leads by what they were like: of each attribute, of all sources and of each by itself, so that a source by an attribute needs no look
-- at the offers. Packed as in `cohort_counts`, but of three counts: no figure is made of others by attribute, and most rows are these.
CREATE TABLE kind_counts (
  attribute text    NOT NULL,
  source    text    NOT NULL,               -- '' for all
  kind      text    NOT NULL,
  month     integer NOT NULL,               -- of the offer, UTC, since January 1970
  pool      text    NOT NULL,
  party     text    NOT NULL,
  -- accepted, qualified, won
  in_7      numeric NOT NULL,
  in_14     numeric NOT NULL,
  in_30     numeric NOT NULL,
  in_60     numeric NOT NULL,
  in_90     numeric NOT NULL,
  ever      numeric NOT NULL,
  -- What is counted together today lies together.
  PRIMARY KEY (attribute, source, month, kind, pool, party)
) WITH (fillfactor = 60);

-- By the same rules as offers are counted when they are asked for.
INSERT INTO kind_counts
WITH own AS (
  SELECT source, kinds, pool, party, stage, offered_at, accepted_at, qualified_at, coalesce(closed_at, offered_at) AS closed_at,
    (extract(year FROM offered_at AT TIME ZONE 'UTC')::integer - 1970) * 12 + extract(month FROM offered_at AT TIME ZONE 'UTC')::integer - 1 AS month
  FROM offers WHERE accepted_at IS NOT NULL AND traits IS NOT NULL
), packed AS (
  SELECT source, kinds, pool, party, month, tallies.* FROM own CROSS JOIN LATERAL (
    SELECT sum(counts) FILTER (WHERE age = 7) AS in_7, sum(counts) FILTER (WHERE age = 14) AS in_14, sum(counts) FILTER (WHERE age = 30) AS in_30,
      sum(counts) FILTER (WHERE age = 60) AS in_60, sum(counts) FILTER (WHERE age = 90) AS in_90, sum(counts) FILTER (WHERE age = 9999) AS ever
    FROM (
      SELECT age, CASE WHEN accepted_at > ends THEN 0 ELSE 1e16
        + CASE WHEN qualified_at <= ends OR (closed_at <= ends AND stage = 'won') THEN 1e8 ELSE 0 END
        + CASE WHEN closed_at <= ends AND stage = 'won' THEN 1 ELSE 0 END END AS counts
      FROM unnest(ARRAY[7, 14, 30, 60, 90, 9999]) AS age
      CROSS JOIN LATERAL (SELECT CASE WHEN age = 9999 THEN 'infinity' ELSE offered_at + make_interval(hours => 24 * age) END AS ends)
    ) AS by_age
  ) AS tallies
), of_sources AS (
  SELECT attribute, source, kind, month, pool, party, sum(in_7) AS in_7, sum(in_14) AS in_14, sum(in_30) AS in_30, sum(in_60) AS in_60,
    sum(in_90) AS in_90, sum(ever) AS ever
  FROM packed CROSS JOIN jsonb_each_text(kinds) AS trait (attribute, kind) GROUP BY attribute, source, kind, month, pool, party
)
SELECT * FROM of_sources WHERE source <> ''
UNION ALL
SELECT attribute, '', kind, month, pool, party, sum(in_7), sum(in_14), sum(in_30), sum(in_60), sum(in_90), sum(ever)
FROM of_sources GROUP BY attribute, kind, month, pool, party;

DELETE FROM cohort_counts WHERE dimension LIKE 'attributes.%';
