-- Policies. A version never changes: every decision names the one it was made under.
CREATE TABLE policies (
  name       text        NOT NULL,
  version    integer     NOT NULL CHECK (version > 0),
  hash       text        NOT NULL,       -- of the document's canonical JSON, as decisions name it
  document   jsonb       NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text        NOT NULL,       -- a key's id, or `fairlead` for the policy that is there at first
  PRIMARY KEY (name, version)
);

-- Lists of accounts reserved for direct. The newest version of a list is in force.
CREATE TABLE named_accounts (
  name       text        NOT NULL,
  version    integer     NOT NULL CHECK (version > 0),
  hash       text        NOT NULL,
  document   jsonb       NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text        NOT NULL,
  PRIMARY KEY (name, version)
);

-- Partners as they are now; what they were is in the log.
CREATE TABLE partners (
  id             text        PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$' AND id <> 'direct'),
  hash           text        NOT NULL,
  document       jsonb       NOT NULL,
  roster_version bigint      NOT NULL,   -- of the roster that this partner last changed in
  changed_at     timestamptz NOT NULL,
  changed_by     text        NOT NULL
);
CREATE INDEX partners_by_change ON partners (roster_version);

-- What is in force: one row. Writers of rules lock it, so that versions are numbered in the order of their commits;
-- decisions read it once per batch and look further only where a number has changed.
CREATE TABLE rules (
  one              boolean PRIMARY KEY DEFAULT true CHECK (one),
  policy           text,
  policy_version   integer,
  roster_version   bigint  NOT NULL DEFAULT 0,
  accounts_version bigint  NOT NULL DEFAULT 0,
  FOREIGN KEY (policy, policy_version) REFERENCES policies (name, version)
);
INSERT INTO rules DEFAULT VALUES;

-- Pools, and how far each has come. Whoever decides holds all these rows locked, in the order of their ids: so no two
-- routers decide at once, sequence numbers have no gap, and a partner's caps hold over all pools together.
CREATE TABLE pools (
  id         text   PRIMARY KEY,
  seq        bigint NOT NULL DEFAULT 0 CHECK (seq >= 0),   -- of the last decision
  decided_at bigint NOT NULL DEFAULT 0,   -- its time, ms since the epoch: decisions never go back in time
  reserved   jsonb  NOT NULL DEFAULT '{}' -- list/grade → [taken by named accounts, of so many leads]
);

-- What each party is owed, in units of a lead (libs/decisions, allocate.ts). Per pool, grade and level they add up to 0;
-- the party '-' holds what was given back and has not been earned again.
CREATE TABLE credits (
  pool   text   NOT NULL,
  grade  text   NOT NULL,                 -- A, B, C, D, or incomplete
  level  text   NOT NULL CHECK (level IN ('side', 'partner')),
  party  text   NOT NULL,
  credit bigint NOT NULL,
  PRIMARY KEY (pool, grade, level, party)
) WITH (fillfactor = 50);                 -- every batch changes them: room to do so on the same page

-- How much of its caps each partner uses, over all pools.
CREATE TABLE loads (
  party text    PRIMARY KEY,
  open  integer NOT NULL CHECK (open >= 0),    -- offers waiting for an answer, and leads in work
  today integer NOT NULL CHECK (today >= 0),   -- offers on `day`
  day   integer NOT NULL                       -- UTC days since the epoch
) WITH (fillfactor = 50);

-- Leads that were decided about: enough of each to decide again, and where its current offer stands.
CREATE TABLE leads (
  lead_id    uuid    PRIMARY KEY,
  state      text    NOT NULL,            -- graded, incomplete, not-qualified
  grade      text,
  source_id  text    NOT NULL,
  model      text    NOT NULL,
  facts      jsonb   NOT NULL,            -- emptied when the lead is erased
  pool       text    NOT NULL,
  stage      text    NOT NULL CHECK (stage IN ('offered', 'accepted', 'closed', 'unroutable', 'erased')),
  made       integer NOT NULL,            -- offers so far
  party      text,                        -- who has the current one
  paid_by    text    CHECK (paid_by IN ('direct', 'channel')),   -- null: given outside the promise
  accept_by  bigint,                      -- ms since the epoch
  expiring   boolean NOT NULL DEFAULT false,   -- its expiry was said; the log's order decides whether an answer was first
  refused_by text[]  NOT NULL DEFAULT '{}',
  CHECK ((stage IN ('offered', 'accepted')) <= (party IS NOT NULL AND accept_by IS NOT NULL))
) WITH (fillfactor = 70);

-- The clock looks here twice a second.
CREATE INDEX offers_due ON leads (accept_by) WHERE stage = 'offered' AND NOT expiring;
