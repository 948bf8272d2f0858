import type { OfferOutcomes } from '../replay/offer-outcomes.js';
import { DIRECT } from '../route/party.js';
import { type Rate, rate } from './rate.js';
import { weightedSum } from './weighted-sum.js';

/** Offers of one grade to one party, as they were made and as they would have been. */
export interface Allocated {
  readonly party: string;
  readonly grade: string;
  readonly was: number;
  readonly now: number;
}

export interface Interval {
  readonly expected: number;
  /** 95 %. */
  readonly low: number;
  readonly high: number;
}

/** Expected numbers, never facts; or why there are none. */
export type Estimate =
  | {
      /** As the log has it, of the offers that were answered: no estimate. */
      readonly observed: number;
      readonly was: Interval;
      readonly now: Interval;
      readonly difference: Interval;
    }
  | { readonly observed: number; readonly suppressed: string };

/** The rates that a cell is estimated by, and whose they are. */
export interface AppliedRates {
  readonly party: string;
  readonly grade: string;
  /** The offers that the rates were taken from. */
  readonly from: string;
  readonly accepted: Rate;
  readonly qualified: Rate;
  readonly won: Rate;
}

export interface OutcomeEstimates {
  readonly method: string;
  readonly accepted: Estimate;
  readonly qualified: Estimate;
  readonly won: Estimate;
  readonly rates: readonly AppliedRates[];
}

type Measure = 'accepted' | 'qualified' | 'won';
const measures = ['accepted', 'qualified', 'won'] as const;

/** With fewer offers a rate's interval is wider than 40 points: it would be the noise that is applied. */
const LEAST_ANSWERED = 20;
/** With fewer of what is counted, one more or less changes the sum by a tenth. */
const LEAST_SEEN = 10;

const METHOD =
  `Each party’s own rates of the grade, per answered offer of this log, are applied to its offers; where it answered fewer than ${LEAST_ANSWERED}, ` +
  `those of its side (direct, or all partners) for the grade, else of its side, else of everybody. 95 % intervals: Wilson for each rate, ` +
  `MOVER for sums. It is taken that a party does with other leads of a grade what it did with its own; what was not yet won when the ` +
  `log ended counts as not won.`;

/**
 * What could be expected of another allocation, if every party went on as it did. Floating-point numbers that no decision
 * looks at.
 *
 * Rates have the interval of Wilson (1927), see `rate`; sums of rates, weighted by numbers of offers, that of MOVER, see
 * `weightedSum`. Cells that borrow the same rate vary together, and are added up before.
 */
export function estimateOutcomes(
  outcomes: readonly OfferOutcomes[],
  allocated: readonly Allocated[],
): OutcomeEstimates {
  const rates = allocated.map((cell) => appliedTo(cell, outcomes));
  const estimate = (measure: Measure): Estimate => {
    const all = total(outcomes);
    const observed = all[measure];
    if (all.answered < LEAST_ANSWERED || observed < LEAST_SEEN) {
      const seen = `${observed} of ${all.answered} answered offers were ${measure}`;
      const suppressed = `The log has too few outcomes: ${seen}, and with fewer than ${LEAST_SEEN} of ${LEAST_ANSWERED} there is no rate worth applying.`;
      return { observed, suppressed };
    }
    const sum = (weight: (cell: Allocated) => number) => {
      const weights = new Map<string, { weight: number; rate: Rate }>();
      allocated.forEach((cell, index) => {
        const { from, [measure]: applied } = rates[index] as AppliedRates;
        const before = weights.get(from)?.weight ?? 0;
        weights.set(from, { weight: before + weight(cell), rate: applied });
      });
      const { value, ...interval } = weightedSum([...weights.values()]);
      return { expected: value, ...interval };
    };
    return {
      observed,
      was: sum(({ was }) => was),
      now: sum(({ now }) => now),
      difference: sum(({ was, now }) => now - was),
    };
  };
  return {
    method: METHOD,
    accepted: estimate('accepted'),
    qualified: estimate('qualified'),
    won: estimate('won'),
    rates,
  };
}

function appliedTo({ party, grade }: Allocated, outcomes: readonly OfferOutcomes[]): AppliedRates {
  const isOfSide = (each: OfferOutcomes) => (each.party === DIRECT) === (party === DIRECT);
  const side = party === DIRECT ? DIRECT : 'all partners';
  const wider: readonly [from: string, outcomes: readonly OfferOutcomes[]][] = [
    [`${party}, ${grade}`, outcomes.filter((each) => each.party === party && each.grade === grade)],
    [`${side}, ${grade}`, outcomes.filter((each) => isOfSide(each) && each.grade === grade)],
    [side, outcomes.filter(isOfSide)],
  ];
  const [from, own] = wider.find(([, each]) => total(each).answered >= LEAST_ANSWERED) ?? ['everybody', outcomes];
  const { answered, ...seen } = total(own);
  const [accepted, qualified, won] = measures.map((measure) => rate(seen[measure], answered)) as [Rate, Rate, Rate];
  return { party, grade, from, accepted, qualified, won };
}

function total(outcomes: readonly OfferOutcomes[]) {
  const sum = { answered: 0, accepted: 0, qualified: 0, won: 0 };
  for (const each of outcomes) {
    sum.answered += each.answered;
    for (const measure of measures) sum[measure] += each[measure];
  }
  return sum;
}
