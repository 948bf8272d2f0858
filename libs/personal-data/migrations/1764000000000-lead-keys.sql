-- The key of each lead, wrapped by a master key that is not in any database. Kept apart from everything that it opens:
-- this database has short backups, so that a deleted key is gone from them as well within days.
CREATE TABLE lead_keys (
  lead_id    uuid PRIMARY KEY,
  version    integer NOT NULL,        -- of the lead's key; part of what every ciphertext is bound to
  master     integer NOT NULL,        -- version of the master key that wraps it
  wrapped    bytea,                   -- nonce, ciphertext and tag; null once the lead is erased
  created_at timestamptz NOT NULL DEFAULT now(),
  erased_at  timestamptz,
  -- The row of an erased lead stays, without the key: a lead that never had one is an alarm, an erased lead is not, and
  -- no second key can be made for it by an event that comes late.
  CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL))
);
