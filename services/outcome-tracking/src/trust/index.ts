// For whoever has a log and no system: nothing from here reaches Kafka, HTTP or a database.
export type { Position } from '../store/position.store.js';
export {
  hasScorecard,
  readScorecardQuery,
  type ScorecardAnswer,
  type ScorecardQuery,
  toldToPartner,
} from './scorecard-answer.js';
export { type AsOf, MOST_KINDS, type TrustAnswer } from './trust-answer.js';
export { TrustFold } from './trust-fold.js';
export { type Complaint, readTrustQuery, type TrustQuery } from './trust-query.js';
