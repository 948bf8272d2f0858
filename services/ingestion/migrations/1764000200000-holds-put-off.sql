-- A held lead that cannot go on when its time is up, because its contact cannot be opened for instance, is put off:
-- `until` is then when it is tried again. The oldest are taken first, so it would otherwise be in the way of all others.
ALTER TABLE held_leads ADD COLUMN failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0);
