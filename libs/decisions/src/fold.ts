// What the life of leads is followed with: of `@fairlead/decisions`, what needs no documents, no lists and no schemas. Whoever folds a
// log of a million events loads this, and nothing that takes more memory than the fold.
export { LEGACY, LEGACY_POLICY } from './history/legacy.js';
export { advance, type Step } from './lifecycle/advance.js';
export { type Correction, type Outcome, type OutcomeType, outcomeTypes } from './lifecycle/outcome.js';
export {
  currentOffer,
  type LeadStage,
  newLead,
  type Offer,
  type OfferGrade,
  type OfferKind,
  type Standing,
} from './lifecycle/standing.js';
export { LeadIds } from './replay/lead-ids.js';
export { type Measure, measures, nothing, type Tally, tallyOf } from './lifecycle/tally.js';
export {
  addCohort,
  addedUp,
  addUpByAge,
  ages,
  cellsOf,
  type CohortCell,
  type CohortCount,
  cohortDifferences,
  cohortKey,
  type CohortMeasure,
  cohortMeasures,
  cohortsOf,
  comparedChanges,
  comparedIn,
  comparedMeasures,
  type Dimension,
  dimensions,
  KIND_TALLIES,
  type KindCell,
  type KindCellCount,
  kindCellsOf,
  kindKey,
  type CohortTally,
  monthOf,
  noCohort,
  type OfferCohorts,
  readCohortKey,
  TALLIES,
  type TalliesByAge,
  talliesOf,
  type TimedCell,
  type TimedStep,
  timedSteps,
  timesOf,
  whereKey,
} from './trust/cohorts.js';
export { ofSource, readTraits, type Traits, writeTraits } from './trust/traits.js';
export type { Counted, Promised } from './trust/figures.js';
export { promisesOf } from './trust/promises.js';
