-- The lead that this one was made one with, and that survived. Null: none, or it was before this was noted; `fairlead rebuild` notes it.
ALTER TABLE leads ADD COLUMN absorbed_into uuid;

-- Nobody here can say anything of a deal from elsewhere, so nobody is silent about it.
DELETE FROM watched USING offers WHERE offers.lead_id = watched.lead_id AND offers.number = watched.offer AND offers.pool = 'legacy';
