-- Claims of partners on accounts: deals that they registered, and customers whose partner of record they are. A claim that
-- came too late is kept too, with what stood against it, so that both sides can read who was first.
--
-- Writers lock the row of `rules` first, so claims are decided one after the other and numbered in the order of their
-- commits: two partners cannot both be first.
CREATE TABLE account_claims (
  seq           bigint  GENERATED ALWAYS AS IDENTITY UNIQUE,   -- pages are read by it
  id            uuid    PRIMARY KEY,
  kind          text    NOT NULL CHECK (kind IN ('deal-registration', 'partner-of-record')),
  partner       text    NOT NULL REFERENCES partners,
  domain        text,
  company       text,
  account_keys  text[]  NOT NULL,   -- the same for every way of writing the same account
  claimed_at    bigint  NOT NULL,   -- ms since the epoch; leads are the partner's from here on …
  until         bigint,             -- … and no longer from here on; null: until somebody ends it
  version       bigint  UNIQUE,     -- of all claims, as this one made it; null: it was refused
  conflict      jsonb,              -- whose the account was already
  ended_at      bigint,
  ended_version bigint  UNIQUE,
  ended_why     text    CHECK (ended_why IN ('withdrawn', 'revoked')),
  ended_reason  text,
  ended_by      text,
  policy        text,               -- the policy whose term a registration has
  policy_version integer,
  claimed_by    text    NOT NULL,   -- a key's id
  CHECK (domain IS NOT NULL OR company IS NOT NULL),
  CHECK ((version IS NULL) = (conflict IS NOT NULL)),
  CHECK ((ended_at IS NULL) = (ended_version IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX account_claims_of_partner ON account_claims (partner, kind, seq);
CREATE INDEX account_claims_by_day ON account_claims (partner, kind, claimed_at);
CREATE INDEX account_claims_that_stand ON account_claims (partner, kind) WHERE version IS NOT NULL AND ended_at IS NULL;
CREATE INDEX account_claims_on_account ON account_claims USING gin (account_keys);

-- Decisions name the roster by its hash: by this, what a partner was when one was taken. Null: from before it was kept.
ALTER TABLE partner_changes ADD COLUMN roster_hash text;
CREATE INDEX partner_changes_by_roster ON partner_changes (roster_hash, roster_version);

ALTER TABLE rules ADD COLUMN protections_version bigint NOT NULL DEFAULT 0;
