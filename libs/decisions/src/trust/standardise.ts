import { type Rate, rate } from './rate.js';
import { inOrder, type Stratum, together } from './stratum.js';
import { weightedSum } from './weighted-sum.js';

/** What a party's rate would be with the common mix of leads, if it did with each kind what it did with its own. */
export interface Standardised {
  /** `successes` and `trials` are those that were seen; `value` is not one divided by the other. Nulls where nothing was seen. */
  readonly rate: Rate;
  /** Of `value`, with the mix taken as it is: Σ w²·p(1−p)/n. Null where nothing was seen. */
  readonly variance: number | null;
  /** The share of the common mix that the party has leads of. */
  readonly covered: number;
}

/**
 * Direct standardisation: each kind's own rate, weighted by the kind's share of the common mix. Two parties with the same
 * rate in every kind have the same standardised rate, however their leads were mixed.
 *
 * Of a kind of which the party has no lead it has shown nothing: there it is taken to do as all together do, which
 * is neither to its credit nor its blame; `covered` says how much of the mix is its own. (To leave such a kind out, and scale the others up,
 * would compare who got only good leads by good leads.) With no lead of any kind there is no rate.
 *
 * Fleiss, J. L., Levin, B., Paik, M. C. (2003): Statistical Methods for Rates and Proportions, 3rd ed., chapter 19. The 95 % interval is that
 * of a weighted sum of Wilson's (see `weightedSum`) and not ±1.96·√variance, which claims certainty where every kind's rate is
 * 0 or 1, and leaves 0 to 1 near them.
 * @param all  the leads of everybody, the party's own among them: the common mix, and what is done with each kind on the whole
 */
export function standardise(strata: readonly Stratum[], all: readonly Stratum[]): Standardised {
  const standard = inOrder(all);
  const own = new Map(inOrder(strata).map((stratum) => [stratum.name, stratum]));
  const { trials: whole } = together(standard);
  const seen = together(standard.filter(({ name }) => own.has(name))).trials;
  const { successes, trials } = together(strata);
  if (seen === 0) return { rate: { ...rate(0, 0), successes, trials }, variance: null, covered: 0 };

  const terms = standard.map((ofAll) => {
    const { successes, trials } = own.get(ofAll.name) ?? ofAll;
    return { weight: ofAll.trials / whole, rate: rate(successes, trials) };
  });
  let variance = 0;
  for (const { weight, rate: each } of terms) {
    const value = each.value as number;
    variance += (weight * weight * (value * (1 - value))) / each.trials;
  }
  const { value, low, high } = weightedSum(terms);
  // Shares of 1 add up to a hair more or less.
  return {
    rate: { value: within(value), successes, trials, low: within(low), high: within(high) },
    variance,
    covered: seen / whole,
  };
}

function within(share: number): number {
  return Math.min(1, Math.max(0, share));
}
