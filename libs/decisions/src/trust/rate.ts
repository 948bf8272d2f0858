/** A share of something, never without what it is a share of, and how far it can be trusted. */
export interface Rate {
  /** successes / trials; null when there were no trials: nothing happened, which is not the same as 0 %. */
  readonly value: number | null;
  readonly successes: number;
  readonly trials: number;
  /** The 95 % Wilson interval; null without trials. */
  readonly low: number | null;
  readonly high: number | null;
}

/** The 97.5th percentile of the standard normal distribution: 95 % lie within ±z. */
export const z = 1.959963984540054;

/**
 * A rate with its 95 % score interval, which keeps its promise for few trials and for rates near 0 or 1, where the
 * usual ±1.96·√(p(1−p)/n) would claim certainty.
 *
 * Wilson, E. B. (1927): Probable inference, the law of succession, and statistical inference. JASA 22, 209–212.
 * Without continuity correction; recommended for its coverage by Brown, Cai and DasGupta (2001), Statistical Science 16.
 * @param successes whole, 0 ≤ successes ≤ trials
 */
export function rate(successes: number, trials: number): Rate {
  if (trials === 0) return { value: null, successes, trials, low: null, high: null };
  const p = successes / trials;
  const middle = p + (z * z) / (2 * trials);
  const reach = z * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials));
  const scale = 1 + (z * z) / trials;
  // At the ends the interval is exactly 0 or 1; rounding would leave it a hair beside.
  const low = successes === 0 ? 0 : (middle - reach) / scale;
  const high = successes === trials ? 1 : (middle + reach) / scale;
  return { value: p, successes, trials, low, high };
}
