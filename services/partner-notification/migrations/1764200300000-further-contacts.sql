-- Contact data that a lead was sent with later: a list of { event, sealed }, each sealed for its event as `contact` is.
ALTER TABLE leads ADD COLUMN further_contacts json;
