import { Counter, Gauge, Histogram } from 'prom-client';

export const leadsTaken = new Counter({
  name: 'fairlead_intake_leads_total',
  help: 'Leads that were taken in, by what became of them; repeated requests are counted again',
  labelNames: ['status'],
});
export const batchLeads = new Histogram({
  name: 'fairlead_intake_batch_leads',
  help: 'Leads that were committed together',
  buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500],
});
export const leadsCompleted = new Counter({
  name: 'fairlead_held_leads_completed_total',
  help: 'Held leads that went on, and why',
  labelNames: ['by'],
});
export const inboundTotal = new Counter({
  name: 'fairlead_inbound_records_total',
  help: 'Records of the public entrance that were read, by what became of them; those that are read twice are counted again',
  labelNames: ['status'],
});
export const leadsErased = new Counter({
  name: 'fairlead_leads_erased_total',
  help: 'Leads whose personal data was erased, by why',
  labelNames: ['reason'],
});
export const heldLeadsFailed = new Counter({
  name: 'fairlead_held_leads_failed_total',
  help: 'Times that a held lead could not go on, or not with its contact; above 0 somebody should look at the keys',
});
export const deliveriesRefused = new Counter({
  name: 'fairlead_source_deliveries_refused_total',
  help: 'Deliveries of tools that nothing proved, by the format of the source; none: no such source, or not one for deliveries',
  labelNames: ['format'],
});
export const arrivalsTotal = new Counter({
  name: 'fairlead_source_arrivals_total',
  help: 'What came in deliveries of tools, item by item: what it was, or what became of it when it was a lead',
  labelNames: ['format', 'status'],
});
export const feedbackTotal = new Counter({
  name: 'fairlead_source_feedback_total',
  help: 'What sources and their tools were told of their leads, entry by entry; told again is counted again',
  labelNames: ['target', 'outcome'],
});
export const fetchesTotal = new Counter({
  name: 'fairlead_source_fetches_total',
  help: 'What deliveries only named and was asked for, by what came of it',
  labelNames: ['format', 'outcome'],
});
export const rowsAccepted = new Counter({
  name: 'fairlead_submission_rows_accepted_total',
  help: 'Rows that were stored for good and answered before they were taken in (Prefer: respond-async)',
});
export const rowsWaiting = new Gauge({
  name: 'fairlead_submission_rows_waiting',
  help: 'Rows that were accepted and are not taken in yet, of all processes together',
});
