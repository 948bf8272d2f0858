-- What is stored as fetch_token may also be a client, by which a tool whose tokens end gives new ones; sealed, and apart from a token.
ALTER TABLE sources ADD COLUMN fetch_by_client boolean NOT NULL DEFAULT false;
