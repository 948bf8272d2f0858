-- Of an erased lead nothing is told any more but that it was erased, to every party that was ever offered it.
ALTER TABLE leads
  ADD COLUMN erased_at timestamptz,
  ADD COLUMN told      text[];       -- the parties that were offered it; null for a lead that was routed before they were kept
