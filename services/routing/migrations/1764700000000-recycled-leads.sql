-- A lead that was returned may be offered again, as it is judged by then.
ALTER TABLE leads
  -- What it was judged after the decision that it was offered by, or went to nobody by; null: nothing since.
  ADD COLUMN judged_since jsonb,
  -- Offers of the rounds before: a pool's number of offers counts from there.
  ADD COLUMN recycled_after integer NOT NULL DEFAULT 0;
