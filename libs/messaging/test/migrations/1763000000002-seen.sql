-- How many steps of its lead the second handler of the echo service found in the ledger.
CREATE TABLE seen (lead_id text NOT NULL, steps int NOT NULL);
-- Refuses a step that is there already.
CREATE TABLE once (step int PRIMARY KEY);
