-- Contact data that a lead was sent with later: each sealed for its event, as `contact` is, and removed with it.
ALTER TABLE leads ADD COLUMN further_contacts jsonb;
