-- The clock of offers runs where answers are taken (outcome-tracking), so that an acceptance and an expiry are in one order.
DROP INDEX offers_due;
ALTER TABLE leads DROP COLUMN expiring;
