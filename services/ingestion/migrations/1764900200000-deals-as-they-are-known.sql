-- A row is held against what is known of its deal now, and no longer against all rows that ever told it: what was imported by mistake is
-- mended by importing what was right before.
ALTER TABLE imported_deals DROP COLUMN told;
