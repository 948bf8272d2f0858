import { Counter, Gauge, Histogram } from 'prom-client';

export const consumerLag = new Gauge({
  name: 'fairlead_consumer_lag',
  help: 'Records of a partition that the service has not read yet, as of its last fetch',
  labelNames: ['service', 'topic', 'partition'],
});
export const eventsHandled = new Counter({
  name: 'fairlead_events_handled_total',
  help: 'Events whose effects have been committed',
  labelNames: ['service', 'type'],
});
export const eventsSkipped = new Counter({
  name: 'fairlead_events_repeated_total',
  help: 'Events delivered again whose effects were there already',
  labelNames: ['service'],
});
export const eventsParked = new Counter({
  name: 'fairlead_events_parked_total',
  help: 'Events put aside because they could not be processed, and those that wait behind them',
  labelNames: ['service', 'reason'],
});
export const eventAge = new Histogram({
  name: 'fairlead_event_age_seconds',
  help: 'How old the oldest event of a batch was when its effects were committed',
  labelNames: ['service'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
});
export const batchSize = new Histogram({
  name: 'fairlead_batch_events',
  help: 'Events committed in one transaction',
  labelNames: ['service'],
  buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500],
});
export const batchSeconds = new Histogram({
  name: 'fairlead_batch_seconds',
  help: 'From taking a batch to its commit',
  labelNames: ['service'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});
export const outboxPublished = new Counter({
  name: 'fairlead_outbox_published_total',
  help: 'Events published from the outbox, those published again after a crash included',
  labelNames: ['service'],
});
export const outboxOldestSeconds = new Gauge({
  name: 'fairlead_outbox_oldest_seconds',
  help: 'Age of the oldest event that is yet to be published; 0 when there is none',
  labelNames: ['service'],
});
