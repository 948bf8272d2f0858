-- What each merge of two leads changed, so that it can be undone: both then have what they had. A row for each decision of a person;
-- what of it leads to a person goes with the erasure of either.
CREATE TABLE merges (
  merge_event uuid PRIMARY KEY,          -- the id of the lead.merged that told it
  into_id     uuid        NOT NULL,
  absorbed_id uuid        NOT NULL,
  merged_at   timestamptz NOT NULL,
  changed     text[]      NOT NULL,      -- what the survivor gained
  before      jsonb,                     -- of the survivor: touches, hasEmail, known; null: erased
  after_known jsonb,                     -- what was known of it after; as long as it is that, nothing has come since
  identities  jsonb,                     -- [[kind, key in base64]] that led to the other one
  near        jsonb,                     -- by what the other one may be somebody else
  held        jsonb,                     -- the other one, if it was held
  split_at    timestamptz,
  split_by    text,                      -- id of the API key
  reason      text
);
CREATE INDEX merges_into ON merges (into_id, merged_at DESC);
CREATE INDEX merges_absorbed ON merges (absorbed_id, merged_at DESC);

-- How often the lead was split from another: its touches begin again where they were before the merge, and what tells them must not
-- be taken for what was told before.
ALTER TABLE leads ADD COLUMN splits integer NOT NULL DEFAULT 0;
