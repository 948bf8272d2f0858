// lifecycle: which step of a lead may follow which, and what is counted of it
export { advance, type Step } from './lifecycle/advance.js';
export { type Answer, type AnswerType, answerTypes, mayFollow } from './lifecycle/answer.js';
export { type AnswerRefusal, clockSkewMs, judgeAnswer, type Verdict } from './lifecycle/judge-answer.js';
export { type Rate, rate } from './lifecycle/rate.js';
export {
  type Amount,
  currentOffer,
  isLive,
  type LeadStage,
  leadStages,
  newLead,
  type Offer,
  type OfferGrade,
  type OfferKind,
  type OfferStage,
  type Standing,
} from './lifecycle/standing.js';
export {
  add,
  type Cell,
  cellOf,
  differences,
  type Measure,
  measures,
  nothing,
  type Tally,
  tallyOf,
} from './lifecycle/tally.js';
