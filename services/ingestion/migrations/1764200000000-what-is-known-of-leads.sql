-- What is known of a lead by all that was ever said about it, in the form in which decisions compare it; of its contact data
-- keyed hashes only, by which it is seen whether a value is new. Read and written with the row that every submission of
-- somebody known locks anyhow. Null: the lead came in before this was kept, or was erased. Of such a lead only what it is
-- sent with is told.
ALTER TABLE leads ADD COLUMN known jsonb;
