-- What the person said of their consent last, with the proof of it: told only together with the contact, and not at all, nor is the
-- contact, to a partner once it is refused. Null: nobody has said anything, or it was said before this was kept.
ALTER TABLE leads ADD COLUMN consent jsonb;
