-- Master keys that are retired: one row, with the oldest version that may wrap. A process whose file does not have the new
-- key yet can make no key that nobody could open once the old one is gone from the file.
CREATE TABLE master_key_in_force (
  one    boolean PRIMARY KEY DEFAULT true CHECK (one),
  oldest integer NOT NULL
);
INSERT INTO master_key_in_force (oldest) VALUES (0);
