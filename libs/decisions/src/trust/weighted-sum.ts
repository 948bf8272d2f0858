import type { Rate } from './rate.js';

/** A figure that is no share, such as a difference of two: in the unit of what it was made from, with its 95 % interval. */
export interface Estimated {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A rate, and how often it counts; of a difference, less than nothing. */
export interface Term {
  readonly weight: number;
  readonly rate: Rate;
}

/**
 * A sum of rates, each times its weight, that were observed independently of each other. Terms whose rate is unknown are
 * left out. Added up in the order of the terms, with additions, multiplications and square roots alone, which IEEE 754
 * rounds in one way only: the same terms in the same order give the same bits.
 *
 * Its interval is that of MOVER ("method of variance estimates recovery") on the Wilson intervals of the rates: Zou, G. Y.,
 * Huang, W., Zhang, X. (2009): A note on confidence interval estimation for a linear function of binomial proportions.
 * Computational Statistics & Data Analysis 53, 1080–1085; after Zou and Donner (2008), Statistics in Medicine 27,
 * 1693–1702. Of a single rate with weight 1 it is Wilson's own; of the difference of two, Newcombe's (1998, method 10). A sum
 * whose weights are shares of 1 never leaves 0 to 1.
 */
export function weightedSum(terms: readonly Term[]): Estimated {
  let [sum, below, above] = [0, 0, 0];
  for (const { weight, rate } of terms) {
    const { value, low, high } = rate;
    if (value === null || low === null || high === null) continue;
    sum += weight * value;
    // Of a negative weight the upper end of the rate makes the lower end of the sum.
    const [least, most] = weight < 0 ? [high, low] : [low, high];
    const [down, up] = [weight * (value - least), weight * (most - value)];
    below += down * down;
    above += up * up;
  }
  return { value: sum, low: sum - Math.sqrt(below), high: sum + Math.sqrt(above) };
}
