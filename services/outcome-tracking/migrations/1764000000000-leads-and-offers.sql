-- Leads as their events left them: the view that GET /v1/leads shows. Every column follows from the log, in the log's
-- order, except `pending`; so a rebuild into an empty schema comes to the same rows.
CREATE TABLE leads (
  lead_id       uuid PRIMARY KEY,
  state         text        NOT NULL,
  source_id     text,                     -- null until lead.received was seen
  external_id   text,
  received_at   timestamptz NOT NULL,
  grade         text,
  score         integer,
  touches       integer     NOT NULL DEFAULT 1,   -- how often somebody sent this lead
  -- The current offer, repeated here so that lists need no join.
  party         text,
  offer         integer,
  accept_by     timestamptz,
  -- What is shown beside the state; null until an event told it.
  facts         jsonb,
  reachable     jsonb,
  missing       text[],
  reasons       jsonb,                    -- what the score is made of
  contact       jsonb,                    -- sealed with the lead's own key; removed when the lead is erased
  contact_event uuid,                     -- the event that it was sealed for
  -- What this service said about the lead and has not yet read back. An answer must count at once for the next request,
  -- but views and figures are folded in the log's order alone.
  pending       jsonb       NOT NULL DEFAULT '[]'
) WITH (fillfactor = 70);                 -- a lead changes about ten times: room for that on its own page

-- Pages are keyed by time and id, newest first. One index for each filter that may leave few of a million leads.
CREATE INDEX leads_by_time ON leads (received_at DESC, lead_id DESC);
CREATE INDEX leads_by_state ON leads (state, received_at DESC, lead_id DESC);
CREATE INDEX leads_by_party ON leads (party, received_at DESC, lead_id DESC);

-- Offers: one row for each time that somebody was offered a lead, and what was reported about it. What reports count.
CREATE TABLE offers (
  lead_id      uuid        NOT NULL,
  number       integer     NOT NULL CHECK (number > 0),
  party        text        NOT NULL,
  pool         text        NOT NULL,
  policy       text        NOT NULL,      -- name@version
  grade        text,                      -- null: routed although something was missing
  kind         text        NOT NULL,      -- only `share` is measured against the promise
  reveal       text        NOT NULL,
  offered_at   timestamptz NOT NULL,
  accept_by    timestamptz NOT NULL,
  stage        text        NOT NULL,
  delivered_at timestamptz,
  accepted_at  timestamptz,
  contacted_at timestamptz,
  qualified_at timestamptz,
  closed_at    timestamptz,
  reason       text,
  amount       numeric     CHECK (amount >= 0),
  currency     char(3),
  PRIMARY KEY (lead_id, number),
  CHECK ((amount IS NULL) = (currency IS NULL))
) WITH (fillfactor = 70);
-- "Only its own" for partners starts here.
CREATE INDEX offers_by_party ON offers (party, lead_id);

-- Counts of offers, kept as the events come in: a report over a million leads reads some thousands of rows. One row
-- for each cell; the columns are the measures, each the sum of 0s and 1s over the offers of the cell.
CREATE TABLE offer_counts (
  pool      text   NOT NULL,
  day       date   NOT NULL,              -- of the offer, UTC: what becomes of it later is counted here too
  party     text   NOT NULL,
  grade     text   NOT NULL,              -- 'incomplete' for offers without one
  kind      text   NOT NULL,
  policy    text   NOT NULL,
  offered   bigint NOT NULL CHECK (offered >= 0),
  delivered bigint NOT NULL CHECK (delivered >= 0),
  accepted  bigint NOT NULL CHECK (accepted >= 0),
  declined  bigint NOT NULL CHECK (declined >= 0),
  expired   bigint NOT NULL CHECK (expired >= 0),
  withdrawn bigint NOT NULL CHECK (withdrawn >= 0),
  open      bigint NOT NULL CHECK (open >= 0),
  kept      bigint NOT NULL CHECK (kept >= 0),
  contacted bigint NOT NULL CHECK (contacted >= 0),
  qualified bigint NOT NULL CHECK (qualified >= 0),
  won       bigint NOT NULL CHECK (won >= 0),
  lost      bigint NOT NULL CHECK (lost >= 0),
  returned  bigint NOT NULL CHECK (returned >= 0),
  PRIMARY KEY (pool, day, party, grade, kind, policy)
) WITH (fillfactor = 50);

-- Promises: what each version of a policy promised direct, in percent of a pool's leads of each grade; the rest is the
-- channel's. Kept by version, because offers are measured against the promise under which they were made.
CREATE TABLE promises (
  policy         text NOT NULL,           -- name@version
  pool           text NOT NULL,
  grade          text NOT NULL,
  direct_percent numeric NOT NULL CHECK (direct_percent BETWEEN 0 AND 100),
  PRIMARY KEY (policy, pool, grade)
);

-- Idempotency-Key: which request a caller used a key for, so that the same key on another request is refused. The
-- answers themselves need no more: said again in the same words, an answer has the same result.
CREATE TABLE idempotency_keys (
  caller      text        NOT NULL,       -- id of the API key
  key         text        NOT NULL,
  request     bytea       NOT NULL,       -- SHA-256 of what was asked
  used_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (used_at);
