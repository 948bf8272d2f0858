-- What the person said of their consent last, with the proof of it; shown together with the contact only.
ALTER TABLE leads ADD COLUMN consent jsonb;
