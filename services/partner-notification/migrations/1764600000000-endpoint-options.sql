-- What a party says of its endpoint besides address and events. Null: no filter, no limit of its own.
ALTER TABLE endpoints
  ADD COLUMN filter       jsonb,                        -- which leads its events are about
  ADD COLUMN headers      bytea,                        -- its custom headers, JSON, encrypted: they hold tokens of its server
  ADD COLUMN header_names text[] NOT NULL DEFAULT '{}', -- what is shown of them
  ADD COLUMN concurrency  integer CHECK (concurrency > 0),
  ADD COLUMN per_second   integer CHECK (per_second > 0),
  ADD COLUMN strict_order boolean NOT NULL DEFAULT false,
  -- Until when sends are booked, of an endpoint with a rate: here and not in a sender's memory, so that several keep to one rate.
  ADD COLUMN booked_until timestamptz;

-- Keys that sign: secrets that the party has too (v1), and Ed25519 keys of which it has only the public half (v1a).
ALTER TABLE endpoint_secrets
  ADD COLUMN scheme     text NOT NULL DEFAULT 'v1' CHECK (scheme IN ('v1', 'v1a')),
  ADD COLUMN public_key text,
  ADD CONSTRAINT endpoint_secrets_public_key CHECK ((scheme = 'v1a') = (public_key IS NOT NULL));
DROP INDEX endpoint_secrets_one_current;
CREATE UNIQUE INDEX endpoint_secrets_one_current ON endpoint_secrets (endpoint_key, scheme) WHERE expires_at IS NULL;

-- Of one endpoint, what stands in one line is sent in its order. That is the lead, or the nil UUID for everything of an endpoint
-- in strict order: one index serves both.
ALTER TABLE delivery_queue RENAME COLUMN lead_id TO line;

-- What filters look at, as the latest offer had it: a lead that is graded anew must not drop out of the middle of its story.
ALTER TABLE leads
  ADD COLUMN offered_pool  text,
  ADD COLUMN offered_grade text;
