-- The clock looks here twice a second: leads that are on offer, and that nothing is on its way for.
CREATE INDEX leads_due ON leads (accept_by) WHERE state = 'offered' AND pending = '[]';
