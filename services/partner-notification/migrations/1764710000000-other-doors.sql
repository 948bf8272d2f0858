-- Parties without a server are told by e-mail or in a chat. Where to is then not the address of a server: people's addresses are
-- personal data, and whoever knows a chat's address can write there. Both are encrypted, as secrets are.
ALTER TABLE endpoints
  ADD COLUMN kind    text NOT NULL DEFAULT 'webhook' CHECK (kind IN ('webhook', 'email', 'chat')),
  ADD COLUMN address bytea,
  ALTER COLUMN url DROP NOT NULL,
  ADD CONSTRAINT endpoints_one_address CHECK ((kind = 'webhook') = (url IS NOT NULL) AND (kind = 'webhook') = (address IS NULL));
