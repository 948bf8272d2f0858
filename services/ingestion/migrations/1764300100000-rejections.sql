-- How many entries of the log each source has caused within an hour with what was no lead: the log keeps them for good, so somebody has
-- to say when it is enough. The latest hour alone; counted where the entries are said, in the same transaction.
CREATE TABLE rejections (
  source_id text        PRIMARY KEY,
  hour      timestamptz NOT NULL,          -- its beginning
  events    integer     NOT NULL CHECK (events > 0)
) WITH (fillfactor = 50);
