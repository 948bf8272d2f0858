// What a log is replayed with: the same functions as in `@fairlead/decisions`, without those that read what comes in, whose lists
// of mail domains and telephone numbers take more memory than the replay of a large log.
export { engine } from '../engine.js';
export { contactTogether } from '../identify/contact-together.js';
export { advance, type Step } from '../lifecycle/advance.js';
export {
  currentOffer,
  type LeadStage,
  newLead,
  type Offer,
  type OfferGrade,
  type OfferKind,
  type Standing,
} from '../lifecycle/standing.js';
export {
  add,
  type Cell,
  cellOf,
  differences,
  type Measure,
  measures,
  nothing,
  subtract,
  type Tally,
  tallyOf,
} from '../lifecycle/tally.js';
export { policyOf, readPolicy } from '../route/policy.js';
export type { Counted, Promised } from '../trust/figures.js';
export { promisesOf } from '../trust/promises.js';
export { NOTHING_TO_DECIDE, type Redecided, RoutingReplay } from './replay-routing.js';
export { type Rescored, ScoreReplay } from './replay-scores.js';
export { RuleHistory } from './rule-history.js';
