-- How many of a lead's events the row is folded from. Two folds of the same log can be compared lead by lead although
-- neither stands still: where the count is the same, so must be all else. Null: a row from before events were counted.
ALTER TABLE leads ADD COLUMN events integer CHECK (events >= 0);
