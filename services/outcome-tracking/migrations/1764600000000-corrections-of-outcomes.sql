-- What a party corrected of what it had reported: what was said, what is right, and when that was said. Null for nearly every offer.
ALTER TABLE offers ADD COLUMN corrections jsonb;
