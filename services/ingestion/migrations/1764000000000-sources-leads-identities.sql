-- Sources: where leads may come from, and how their tables are to be read. A lead from anywhere else is refused.
CREATE TABLE sources (
  id         text PRIMARY KEY,
  format     text        NOT NULL,
  mapping    jsonb,
  defaults   jsonb,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Leads: one row for each lead that exists. No contact data here or anywhere in this schema: it is in the events,
-- encrypted with the lead's own key.
CREATE TABLE leads (
  id          uuid PRIMARY KEY,
  source_id   text        NOT NULL,
  received_at timestamptz NOT NULL,
  touches     integer     NOT NULL DEFAULT 1 CHECK (touches > 0),  -- how often somebody sent this lead
  has_email   boolean     NOT NULL
) WITH (fillfactor = 80);

-- Identities: by what a lead is found again. The primary key is what keeps two submissions of one person, arriving
-- together, from becoming two leads: the second waits here for the first and then finds it. Whoever inserts several
-- does so in the order of the key, so that two of them never wait for one another.
-- No foreign key: a row is written a moment before its lead, in the same transaction, and leads are never deleted.
CREATE TABLE identities (
  kind    text  NOT NULL CHECK (kind IN ('externalId', 'email', 'phone')),
  key     bytea NOT NULL,           -- SHA-256 of source and id; of email and phone an HMAC, meaningless without the key
  lead_id uuid  NOT NULL,
  PRIMARY KEY (kind, key)
);

-- Held leads: they lack what their pool needs. A row goes when the lead goes on.
CREATE TABLE held_leads (
  lead_id        uuid PRIMARY KEY,
  until          timestamptz NOT NULL,
  missing        text[]      NOT NULL,
  lead           jsonb       NOT NULL,  -- source, facts, consent and time: what the event will tell, without the contact
  contact        jsonb,                 -- sealed
  contact_event  uuid        NOT NULL,  -- the id that the contact was sealed for
  received_event uuid        NOT NULL,  -- lead.received, of which lead.completed is a consequence
  traceparent    text,
  revision       integer     NOT NULL DEFAULT 1
);
CREATE INDEX held_leads_by_until ON held_leads (until);

-- The policy that says what a lead must have; one row, because one policy is active.
CREATE TABLE active_policy (
  one      boolean PRIMARY KEY DEFAULT true CHECK (one),
  name     text    NOT NULL,
  version  integer NOT NULL,
  document jsonb   NOT NULL
);

-- Idempotency keys: what a request was answered, part by part, since a long import is taken in many transactions. A
-- repeated request finds the parts that were taken and goes on where the first one broke off.
CREATE TABLE idempotency_keys (
  caller  text        NOT NULL,        -- id of the API key: two callers may choose the same word
  key     text        NOT NULL,
  part    integer     NOT NULL,
  request bytea       NOT NULL,        -- SHA-256 of what this part asked for
  answer  jsonb,                       -- null only within the transaction that will fill it in
  used_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (caller, key, part)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys USING brin (used_at);
