-- Leads that are one with another: found from that one, when what is said of the person concerns them too.
CREATE INDEX leads_absorbed ON leads (absorbed_by) WHERE absorbed_by IS NOT NULL;
