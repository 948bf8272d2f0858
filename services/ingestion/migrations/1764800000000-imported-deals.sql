-- Imported deals: what a source told of deals that were routed and closed elsewhere, so that a row which is told again is known again and
-- one that says something else completes or amends the deal. No contact data: a history has none. The lead's id follows from the key.
CREATE TABLE imported_deals (
  source_id   text    NOT NULL,
  external_id text    NOT NULL,
  revision    integer NOT NULL CHECK (revision > 0),  -- how often it was told otherwise
  deal        jsonb   NOT NULL,                       -- all that is known of it
  told        jsonb   NOT NULL,                       -- hashes of the rows that told it
  PRIMARY KEY (source_id, external_id)
) WITH (fillfactor = 80);
