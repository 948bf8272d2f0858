-- The entries of each version of a list, one row each: a list of 100,000 is read in pages, and compared without being
-- read whole. Written with its version in one transaction, and never changed; no foreign key, whose check would cost as
-- much as the rows.
CREATE TABLE named_account_entries (
  list     text    NOT NULL,
  version  integer NOT NULL,
  position integer NOT NULL CHECK (position > 0),   -- in the list as it is hashed
  kind     text    NOT NULL CHECK (kind IN ('domain', 'company')),
  account  text    NOT NULL,
  nth      integer NOT NULL CHECK (nth > 0),        -- of the entries for this account, by their dates
  owner    text    NOT NULL,
  starts   bigint  NOT NULL,                        -- ms since the epoch
  ends     bigint,
  PRIMARY KEY (list, version, position)
);

INSERT INTO named_account_entries
SELECT name, version, position, kind, account,
  row_number() OVER (PARTITION BY name, version, kind, account ORDER BY starts, ends NULLS LAST, owner COLLATE "C"),
  owner, starts, ends
FROM (
  SELECT name, version, position,
    CASE WHEN entry ? 'domain' THEN 'domain' ELSE 'company' END AS kind,
    coalesce(entry ->> 'domain', entry ->> 'company') AS account,
    entry ->> 'owner' AS owner, (entry ->> 'from')::bigint AS starts, (entry ->> 'until')::bigint AS ends
  FROM named_accounts, jsonb_array_elements(document -> 'entries') WITH ORDINALITY AS listed (entry, position)
) AS entries;

-- What differs between two versions of a list; version 0 is the empty list that there was before the first.
-- An entry is the same one when its account is, and its place among the entries for that account.
CREATE FUNCTION named_account_changes(of_list text, before integer, after integer)
RETURNS TABLE (
  kind text, account text, nth integer,
  owner_before text, starts_before bigint, ends_before bigint,
  owner_after text, starts_after bigint, ends_after bigint
)
LANGUAGE sql STABLE AS $$
  SELECT kind, account, nth, old.owner, old.starts, old.ends, new.owner, new.starts, new.ends
  FROM (SELECT * FROM named_account_entries WHERE list = of_list AND version = before) AS old
  FULL JOIN (SELECT * FROM named_account_entries WHERE list = of_list AND version = after) AS new
    USING (kind, account, nth)
  WHERE (old.owner, old.starts, old.ends) IS DISTINCT FROM (new.owner, new.starts, new.ends)
$$;

ALTER TABLE named_accounts
  ADD COLUMN owner   text,
  ADD COLUMN entries integer,
  ADD COLUMN added   integer,     -- since the version before; so are the next two
  ADD COLUMN removed integer,
  ADD COLUMN changed integer;
UPDATE named_accounts SET owner = document ->> 'owner', entries = jsonb_array_length(document -> 'entries'),
  (added, removed, changed) = (
    SELECT count(*) FILTER (WHERE owner_before IS NULL), count(*) FILTER (WHERE owner_after IS NULL),
      count(*) FILTER (WHERE owner_before IS NOT NULL AND owner_after IS NOT NULL)
    FROM named_account_changes(name, version - 1, version)
  );
ALTER TABLE named_accounts
  ALTER COLUMN owner SET NOT NULL,
  ALTER COLUMN entries SET NOT NULL,
  ALTER COLUMN added SET NOT NULL,
  ALTER COLUMN removed SET NOT NULL,
  ALTER COLUMN changed SET NOT NULL,
  DROP COLUMN document;
