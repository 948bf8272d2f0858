-- When the policy was activated: an activation that comes late, out of the parking place, is not the one that is in force.
ALTER TABLE active_policy ADD COLUMN activated_at timestamptz NOT NULL DEFAULT '-infinity';
