-- What was read from the public entrance stays in its topic for a while, contact data in clear. An erasure takes it from there as
-- well: when everything that was there by then has been read and deleted, this says so. Before there was a reader, there was
-- nothing.
ALTER TABLE erasures ADD COLUMN inbound_cleared_at timestamptz;
UPDATE erasures SET inbound_cleared_at = now();
CREATE INDEX erasures_with_remainder ON erasures (requested_at) WHERE inbound_cleared_at IS NULL;
