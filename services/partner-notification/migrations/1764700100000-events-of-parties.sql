-- What parties are told, one row for each event and party, whether or not they have an endpoint: they read it from where they ended
-- before. As in `deliveries` it is the party's part of the event, never personal data.
CREATE TABLE party_events (
  sequence     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  party        text        NOT NULL,
  position     bigint,                       -- null until it is first read: who never reads causes no further write
  lead_id      uuid        NOT NULL,
  event_id     uuid        NOT NULL,
  event_type   text        NOT NULL,
  event        json        NOT NULL,
  with_contact boolean     NOT NULL,
  traceparent  text,
  created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX party_events_read ON party_events (party, position) WHERE position IS NOT NULL;
CREATE INDEX party_events_unread ON party_events (party, sequence) WHERE position IS NULL;

-- Heads: the number of each party's last event that has one. Numbers are given with this row locked, to what has been committed by then,
-- so that who has read up to one of them has missed none before it.
CREATE TABLE party_event_heads (
  party text   PRIMARY KEY,
  last  bigint NOT NULL
) WITH (fillfactor = 50);

-- What parties with endpoints have been told before this was kept.
INSERT INTO party_events (party, lead_id, event_id, event_type, event, with_contact, traceparent, created_at)
SELECT party, lead_id, event_id, event_type, event, with_contact, traceparent, created_at FROM (
  SELECT DISTINCT ON (e.party, d.event_id) e.party, d.* FROM deliveries d JOIN endpoints e ON e.key = d.endpoint_key
  WHERE d.event_type <> 'fairlead.test' ORDER BY e.party, d.event_id, d.sequence
) told ORDER BY sequence;
