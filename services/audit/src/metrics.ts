import { Counter, Gauge } from 'prom-client';

export const entriesAppended = new Counter({
  name: 'fairlead_log_entries_total',
  help: 'Entries that were given a place in the log by this process',
});
export const logSize = new Gauge({ name: 'fairlead_log_size', help: 'Entries that have a place in the log' });
export const logPublished = new Gauge({
  name: 'fairlead_log_published_size',
  help: 'Entries of the last checkpoint; behind fairlead_log_size by what came within a second',
});
