-- What the figures of a source are made of, beside what is shown: whether the lead was ever held, how often it was sent again, and
-- how likely a sale was taken to be, in parts per million. Null: it came in before this was told; `fairlead rebuild` tells it.
ALTER TABLE leads
  ADD COLUMN held        boolean,
  ADD COLUMN sent_again  integer CHECK (sent_again >= 0),
  ADD COLUMN probability integer;
