-- What a version of a policy says of its leads after they were offered: when their party is reminded, and what becomes of them when they
-- are returned. Of versions from before it was kept nothing is here: they say nothing of it.
CREATE TABLE pool_rules (
  policy text  NOT NULL,                  -- name@version
  pool   text  NOT NULL,
  rules  jsonb NOT NULL,
  PRIMARY KEY (policy, pool)
);

-- Leads that a party has in hand, and what is waited for with each: its answer, its next word, or that a returned one is repaired. A to-do
-- list and not a view: what is done is deleted, and nothing here is compared with the log.
CREATE TABLE watched (
  lead_id   uuid PRIMARY KEY,
  offer     integer NOT NULL,
  party     text    NOT NULL,
  spoke_at  timestamptz,                  -- when its party said something last; null: it has not accepted yet, or has returned it
  remind_at timestamptz,                  -- null: no more
  reminded  integer NOT NULL DEFAULT 0,   -- how often, since it said something
  repaired  boolean NOT NULL DEFAULT false   -- returned, and known better since: it is offered again once it has been scored
) WITH (fillfactor = 70);
-- The clock looks here every second.
CREATE INDEX watched_due ON watched (remind_at) WHERE remind_at IS NOT NULL;
-- Who has been silent the longest, of all and of a party: lists are paged by it.
CREATE INDEX watched_by_silence ON watched (spoke_at, lead_id) WHERE spoke_at IS NOT NULL;
CREATE INDEX watched_of_party ON watched (party, spoke_at, lead_id) WHERE spoke_at IS NOT NULL;

-- Those that are being worked already. When a party spoke is known by what it said of when; of reminders their policies say nothing.
INSERT INTO watched (lead_id, offer, party, spoke_at)
SELECT lead_id, number, o.party, greatest(accepted_at, contacted_at, qualified_at)
FROM leads JOIN offers o USING (lead_id) WHERE o.number = leads.offer AND leads.state IN ('accepted', 'contacted', 'qualified');
