-- Policies that nobody puts in force alone: one key proposes it, another approves.
CREATE TABLE guarded_policies (
  policy text        PRIMARY KEY,
  since  timestamptz NOT NULL,
  set_by text        NOT NULL
);

-- What was proposed. `basis` is the activation that was in force then, of whichever policy: once another one is, nobody has seen what the
-- proposal would change, and it is proposed anew.
CREATE TABLE policy_proposals (
  id          uuid        PRIMARY KEY,
  policy      text        NOT NULL,
  version     integer,                     -- null: that no second person is needed any more
  at          timestamptz,                 -- null: as soon as it is approved
  basis       bigint      NOT NULL,
  proposed_at timestamptz NOT NULL,
  proposed_by text        NOT NULL,
  state       text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'rejected', 'overtaken')),
  ended_at    timestamptz,
  ended_by    text,
  reason      text,
  FOREIGN KEY (policy, version) REFERENCES policies (name, version),
  CHECK ((state = 'waiting') = (ended_at IS NULL)),
  CHECK ((state = 'rejected') = (reason IS NOT NULL))
);
-- Asked for twice, by whoever did not hear the answer, it is proposed once.
CREATE UNIQUE INDEX proposals_waiting ON policy_proposals (policy, version, at) NULLS NOT DISTINCT WHERE state = 'waiting';
CREATE INDEX proposals_of_policy ON policy_proposals (policy, proposed_at DESC);

-- The second person, where there was one.
ALTER TABLE planned_activations ADD COLUMN approved_by text;
ALTER TABLE policy_activations ADD COLUMN approved_by text;
