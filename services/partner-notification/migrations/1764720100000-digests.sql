-- Digests: parties that look at their leads once an hour or once a day get what came since as one table. Such an endpoint has no delivery
-- for each event: it reads the events of its party from where it ended, and each digest is a delivery that says which of them it holds.
ALTER TABLE endpoints
  DROP CONSTRAINT endpoints_kind_check,
  ADD CONSTRAINT endpoints_kind_check CHECK (kind IN ('webhook', 'email', 'chat', 'digest'));

CREATE TABLE digests (
  endpoint_key bigint      PRIMARY KEY REFERENCES endpoints (key),
  at           time,                      -- of the day, in that zone; null: at every full hour
  zone         text        NOT NULL,
  since        timestamptz NOT NULL DEFAULT now(),  -- what came before it was set up is not for it
  told_to      bigint      NOT NULL DEFAULT 0,  -- the last of its party's events that was looked at: what has a higher number is to come
  due_at       timestamptz NOT NULL
);
CREATE INDEX digests_due ON digests (due_at);
