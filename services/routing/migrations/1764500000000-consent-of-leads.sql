-- What is known of the person's consent, which decides whether partners may have the lead. Null: the lead was decided about before
-- this was kept, and counts as one of which nobody knows.
ALTER TABLE leads
  ADD COLUMN consent       text CHECK (consent IN ('given', 'refused', 'unknown')),
  ADD COLUMN lacks_consent boolean NOT NULL DEFAULT false;   -- nobody has it for nothing else: it is offered once they agree
