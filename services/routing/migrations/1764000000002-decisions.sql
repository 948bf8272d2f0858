-- Decisions as they were made, with what was weighed: what explains to each party why it got a lead, or did not. Written once.
CREATE TABLE decisions (
  pool       text   NOT NULL,
  pool_seq   bigint NOT NULL,
  lead_id    uuid   NOT NULL,
  decided_at bigint NOT NULL,             -- ms since the epoch
  lead       jsonb  NOT NULL,             -- what the decision looked at; its facts are emptied when the lead is erased
  weighed    jsonb  NOT NULL,             -- what each party was owed before; libs/decisions, explain.ts
  told       jsonb  NOT NULL,             -- what the event told
  PRIMARY KEY (pool, pool_seq)
);
CREATE INDEX decisions_of_lead ON decisions (lead_id, decided_at);
