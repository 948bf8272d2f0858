-- Whose a lead is now: a webhook may wait for days, and is sent only if it is still true then. All three are as far as events
-- have said it; null for a lead that was routed before they were kept.
ALTER TABLE leads
  ADD COLUMN offer     integer,      -- the number of the latest one, which `holder` has
  ADD COLUMN accept_by timestamptz,  -- until when it can be accepted; null once it was
  ADD COLUMN ended     jsonb;        -- why offers are over, by their number; null while none is, as it is for most leads

-- Why a delivery was withheld. Rows from before have no reason: their endpoint was disabled, which was the only one.
ALTER TABLE deliveries ADD COLUMN withheld_because text;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_reason CHECK (withheld_because IS NULL OR undelivered = 'withheld') NOT VALID;

-- For "was this offer withheld although it had been accepted?", which every acceptance asks.
CREATE INDEX deliveries_withheld_by_clock ON deliveries (lead_id) WHERE withheld_because = 'offer-expired';

-- Of leads about which something is still to be sent, what their latest party was told since the oldest of that. Of answers that
-- none of its endpoints was told of, nothing is known: such an offer counts as open until its deadline.
WITH told AS (
  SELECT l.lead_id, d.event_type, (d.event -> 'data' ->> 'offer')::integer AS offer,
    (d.event -> 'data' ->> 'acceptBy')::timestamptz AS accept_by
  FROM deliveries d JOIN endpoints e ON e.key = d.endpoint_key JOIN leads l ON l.lead_id = d.lead_id AND l.holder = e.party
  WHERE d.sequence >= (SELECT min(sequence) FROM delivery_queue) AND d.lead_id IN (SELECT lead_id FROM delivery_queue)
), standing AS (
  SELECT lead_id, offer, max(accept_by) FILTER (WHERE event_type = 'lead.routed') AS accept_by,
    bool_or(event_type NOT IN ('lead.routed', 'lead.offer-expired', 'lead.declined')) AS accepted,
    CASE
      WHEN bool_or(event_type = 'lead.returned') THEN 'lead-returned'
      WHEN bool_or(event_type = 'lead.lost') THEN 'lead-lost'
      WHEN bool_or(event_type = 'lead.declined') THEN 'offer-declined'
      WHEN bool_or(event_type = 'lead.offer-expired') AND NOT bool_or(event_type = 'lead.accepted') THEN 'offer-expired'
    END AS ended
  FROM told WHERE offer = (SELECT max(offer) FROM told latest WHERE latest.lead_id = told.lead_id)
  GROUP BY lead_id, offer
)
UPDATE leads SET offer = standing.offer, accept_by = CASE WHEN NOT accepted THEN standing.accept_by END,
  ended = CASE WHEN standing.ended IS NOT NULL THEN jsonb_build_object(standing.offer::text, standing.ended) END
FROM standing WHERE leads.lead_id = standing.lead_id;
