// What a log is replayed with: the same functions as in `@fairlead/decisions`, without those that read what comes in, whose lists
// of mail domains and telephone numbers take more memory than the replay of a large log.
export { engine } from '../engine.js';
export { contactTogether } from '../identify/contact-together.js';
export type { KeptTexts } from './kept-texts.js';
export { NOTHING_TO_DECIDE, type PolicyWould, type Redecided, RoutingReplay } from './replay-routing.js';
export { type Rescored, ScoreReplay } from './replay-scores.js';
export { RuleHistory } from './rule-history.js';
