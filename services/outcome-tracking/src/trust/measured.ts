// For the bench: the parts that answer and count, without the service around them.
export type { LeadEvent } from '../fold-event.js';
export { readModelMigrations, ReadModelsLoad } from '../read-models/index.js';
export { dropSecondaryIndexes } from '../read-models/secondary-indexes.js';
export { ReturnsStore } from '../store/returns.store.js';
export { TimesStore } from '../store/times.store.js';
export { TrustCountsStore } from '../store/trust-counts.store.js';
export { followBatch } from './follow-batch.js';
export { trustAnswer } from './trust-answer.js';
export { readTrustQuery } from './trust-query.js';
