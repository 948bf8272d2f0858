-- Whom the policy chose last, whatever people have done with the lead since; null: nobody. Overrides are told against it, and it was looked
-- up among the decisions, which are forgotten after some years: not so the lead that somebody still works on.
ALTER TABLE leads ADD COLUMN chosen text;
UPDATE leads SET chosen = (
  SELECT told #>> '{data,to}' FROM decisions
  WHERE decisions.lead_id = leads.lead_id AND told #>> '{data,why}' IS DISTINCT FROM 'override'
  ORDER BY (told #>> '{data,decided,step}')::bigint DESC NULLS LAST, decided_at DESC, pool_seq DESC LIMIT 1
) WHERE stage IN ('offered', 'accepted');
