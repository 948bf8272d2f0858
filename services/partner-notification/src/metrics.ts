import { Counter, Gauge, Histogram } from 'prom-client';

// No label names a partner: their number has no bound, and their figures are theirs.
export const attemptsTotal = new Counter({
  name: 'fairlead_webhook_attempts_total',
  help: 'Attempts to deliver a webhook, by what came of them',
  labelNames: ['outcome', 'failure'],
});
export const withheldTotal = new Counter({
  name: 'fairlead_webhooks_withheld_total',
  help: 'Offers that were not sent because they had ended by then, by how',
  labelNames: ['reason'],
});
export const attemptSeconds = new Histogram({
  name: 'fairlead_webhook_attempt_seconds',
  help: 'From sending a webhook to the last byte of its answer, or to giving up on it',
  labelNames: ['outcome'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30],
});
export const inFlightGauge = new Gauge({
  name: 'fairlead_webhooks_in_flight',
  help: 'Webhooks that have been sent and not answered yet',
});
export const bufferedGauge = new Gauge({
  name: 'fairlead_webhooks_claimed',
  help: 'Webhooks that this process has claimed and not sent yet',
});
