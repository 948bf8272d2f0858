-- By what a lead may turn out to be somebody who is known, although nothing is exactly equal; null once it has been compared.
-- Hashes of keyed hashes and of keys: nothing can be read back. Compared later, by a clock, since nobody waits for it.
ALTER TABLE leads
  ADD COLUMN near        jsonb,
  ADD COLUMN absorbed_by uuid;          -- a person decided that it is one with that lead
CREATE INDEX leads_to_compare ON leads (id) WHERE near IS NOT NULL;

CREATE TABLE near_keys (
  key     bytea NOT NULL,
  lead_id uuid  NOT NULL,
  why     text  NOT NULL,
  PRIMARY KEY (key, lead_id)
);
CREATE INDEX near_keys_of_lead ON near_keys (lead_id);

-- Proposed merges: two leads that may be one person, each pair once, for a person to decide. What was decided stays: a pair that
-- was dismissed is not proposed again.
CREATE TABLE proposed_merges (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lead_id     uuid        NOT NULL,     -- of the two, the one with the smaller id
  other_id    uuid        NOT NULL,
  why         text        NOT NULL,
  proposed_at timestamptz NOT NULL DEFAULT now(),
  decision    text CHECK (decision IN ('accepted', 'dismissed')),
  reason      text,
  decided_by  text,                     -- id of the API key
  decided_at  timestamptz,
  UNIQUE (lead_id, other_id),
  CHECK (lead_id < other_id)
);
CREATE INDEX proposed_merges_open ON proposed_merges (id) WHERE decision IS NULL;
