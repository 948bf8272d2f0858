-- Returns: of each day's offers, how many leads a party gave back for a reason, and how many of these were never offered to it again. A
-- scorecard looked at every offer of its party for that, which are half a million for direct.
CREATE TABLE returned_counts (
  party    text    NOT NULL,
  day      date    NOT NULL,                -- of the offer, UTC: of a return it is told in the period of its offer
  pool     text    NOT NULL,
  reason   text    NOT NULL,                -- 'none' where it tells none
  leads    integer NOT NULL,
  honoured integer NOT NULL,                -- no later offer of the lead to the same party
  PRIMARY KEY (party, day, pool, reason)
) WITH (fillfactor = 60);

INSERT INTO returned_counts
SELECT party, (offered_at AT TIME ZONE 'UTC')::date AS day, pool, coalesce(reason, 'none') AS reason, count(*), count(*) FILTER (WHERE NOT EXISTS (
  SELECT FROM offers AS later WHERE later.lead_id = offers.lead_id AND later.number > offers.number AND later.party = offers.party))
FROM offers WHERE stage = 'returned' GROUP BY 1, 2, 3, coalesce(reason, 'none');
