-- Every time that a version of a policy came into force: until the next row, whichever policy that is of. Numbered while the
-- row of `rules` is locked, so in the order in which they took effect.
CREATE TABLE policy_activations (
  seq          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  policy       text        NOT NULL,
  version      integer     NOT NULL,
  activated_at timestamptz,                -- null: before activations were kept
  activated_by text,
  plan         uuid,                       -- the planned activation that it carried out
  FOREIGN KEY (policy, version) REFERENCES policies (name, version)
);
CREATE INDEX activations_of_policy ON policy_activations (policy, version, seq);
INSERT INTO policy_activations (policy, version) SELECT policy, policy_version FROM rules WHERE policy IS NOT NULL;

-- Activations that were asked for at a time to come. Whichever process looks first when it has come carries one out.
CREATE TABLE planned_activations (
  id         uuid        PRIMARY KEY,
  policy     text        NOT NULL,
  version    integer     NOT NULL,
  at         timestamptz NOT NULL,
  planned_at timestamptz NOT NULL,
  planned_by text        NOT NULL,
  state      text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'cancelled')),
  ended_at   timestamptz,
  ended_by   text,
  FOREIGN KEY (policy, version) REFERENCES policies (name, version),
  CHECK ((state = 'waiting') = (ended_at IS NULL))
);
-- Asked for twice, by whoever did not hear the answer, it is planned once.
CREATE UNIQUE INDEX plans_waiting ON planned_activations (policy, version, at) WHERE state = 'waiting';
-- The clock looks here twice a second.
CREATE INDEX plans_due ON planned_activations (at) WHERE state = 'waiting';

-- What each partner was, change by change. The first row of a partner that was there before is what it then was.
CREATE TABLE partner_changes (
  partner        text        NOT NULL REFERENCES partners (id),
  roster_version bigint      NOT NULL,
  hash           text        NOT NULL,
  document       jsonb       NOT NULL,
  changed_at     timestamptz NOT NULL,
  changed_by     text        NOT NULL,
  PRIMARY KEY (partner, roster_version)
);
INSERT INTO partner_changes SELECT id, roster_version, hash, document, changed_at, changed_by FROM partners;

-- Which leads came last, for trying another policy on them. Of those that are here already it is not known: null, and taken
-- for the oldest. It never changes, so where an offer stands is still updated in place.
ALTER TABLE leads ADD COLUMN first_decided_at timestamptz;
ALTER TABLE leads ALTER COLUMN first_decided_at SET DEFAULT now();
CREATE INDEX leads_by_arrival ON leads (first_decided_at DESC NULLS LAST);
