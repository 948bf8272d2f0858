-- Clicks: by which click on an ad a lead came. By it the tool is told what became of the lead, as long as it takes that: ninety
-- days. In no event, since the log keeps for good. It goes with whoever is erased.
CREATE TABLE clicks (
  key      bytea       PRIMARY KEY,             -- SHA-256 of source and id, as in identities
  click_id text        NOT NULL,
  came_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX clicks_by_age ON clicks (came_at);
