-- Erasures: leads whose personal data is to be erased, or has been. The key of the lead is in another database, so that no
-- one transaction can do both: what is written down here first is done, by whoever comes first, whatever dies in between.
CREATE TABLE erasures (
  lead_id      uuid PRIMARY KEY REFERENCES leads (id),
  reason       text        NOT NULL,
  requested_by text        NOT NULL,   -- id of the API key
  requested_at timestamptz NOT NULL,
  erased_at    timestamptz              -- null until the key is deleted; set together with what lead.erased says
);
CREATE INDEX erasures_unfinished ON erasures (requested_at) WHERE erased_at IS NULL;

-- Beside the row in `erasures`, because every submission of somebody known updates this row and must see it.
ALTER TABLE leads ADD COLUMN erased boolean NOT NULL DEFAULT false;

-- Erasure takes every identity of a lead, and is the only one to ask for them by lead.
CREATE INDEX identities_of_lead ON identities (lead_id);

-- Further identities: of leads that hold the address of somebody by which another lead is found. Nobody is recognised by
-- these, but whoever asks to be erased by that address is erased there as well.
CREATE TABLE further_identities (
  kind    text  NOT NULL CHECK (kind IN ('externalId', 'email', 'phone')),
  key     bytea NOT NULL,
  lead_id uuid  NOT NULL,
  PRIMARY KEY (kind, key, lead_id)
);
CREATE INDEX further_identities_of_lead ON further_identities (lead_id);
