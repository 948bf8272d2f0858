-- An endpoint that fails again and again is asked with one webhook at a time, and not before `probe_at`; the others wait and spend no
-- attempts. In the row and not in a sender's memory: several senders, or one that was restarted, do not ask more often than one.
ALTER TABLE endpoints
  ADD COLUMN probe_at timestamptz,                -- null: what is due is sent
  ADD COLUMN probes   integer NOT NULL DEFAULT 0; -- how many have failed since
UPDATE endpoints SET probe_at = now() WHERE state = 'failing' AND reason <> 'secret-unreadable';
