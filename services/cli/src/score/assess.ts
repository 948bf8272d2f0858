import { rate, type Rate } from '@fairlead/decisions';

/** How likely a sale was held to be, and whether it came to one. */
export interface Forecast {
  /** 0 to 1. */
  readonly probability: number;
  readonly won: boolean;
}

export interface Figures {
  readonly leads: number;
  readonly won: number;
  /** How often a won lead is above one that was not, of all such pairs; null where there are none. */
  readonly auc: number | null;
  /** Mean squared error; what always saying the average comes to is beside it. */
  readonly brier: number;
  readonly brierOfAverage: number;
  readonly logLoss: number;
  /** By tenths of leads, the least likely first. */
  readonly calibration: readonly { readonly leads: number; readonly expected: number; readonly came: Rate }[];
}

/** Chances are never told as 0 or 1 here, or one surprise would be an endless loss. */
const SUREST = 1e-6;

export function assess(forecasts: readonly Forecast[]): Figures {
  const leads = forecasts.length;
  const won = forecasts.filter((each) => each.won).length;
  const average = won / Math.max(1, leads);
  const mean = (of: (forecast: Forecast) => number) =>
    forecasts.reduce((sum, forecast) => sum + of(forecast), 0) / Math.max(1, leads);
  return {
    ...{ leads, won },
    auc: aucOf(forecasts.map(({ probability, won: came }) => ({ value: probability, won: came }))),
    brier: mean(({ probability, won: came }) => (probability - (came ? 1 : 0)) ** 2),
    brierOfAverage: average * (1 - average),
    logLoss: mean(({ probability, won: came }) => {
      const p = Math.max(SUREST, Math.min(1 - SUREST, probability));
      return -Math.log(came ? p : 1 - p);
    }),
    calibration: calibrationOf(forecasts),
  };
}

/**
 * The area under the ROC curve: Mann and Whitney's U over the number of pairs, ties as halves.
 * Hanley, J. A. and McNeil, B. J. (1982): The meaning and use of the area under a ROC curve. Radiology 143, 29–36.
 */
export function aucOf(judged: readonly { readonly value: number; readonly won: boolean }[]): number | null {
  const sorted = judged.toSorted((one, other) => one.value - other.value);
  const won = judged.filter((each) => each.won).length;
  const lost = judged.length - won;
  if (won === 0 || lost === 0) return null;
  let above = 0;
  let lostBelow = 0;
  for (let from = 0; from < sorted.length;) {
    let to = from;
    let [tiedWon, tiedLost] = [0, 0];
    for (; to < sorted.length && sorted[to]?.value === sorted[from]?.value; to++) {
      if (sorted[to]?.won) tiedWon += 1;
      else tiedLost += 1;
    }
    above += tiedWon * (lostBelow + tiedLost / 2);
    lostBelow += tiedLost;
    from = to;
  }
  return above / won / lost;
}

function calibrationOf(forecasts: readonly Forecast[]): Figures['calibration'] {
  const sorted = forecasts.toSorted((one, other) => one.probability - other.probability);
  return Array.from({ length: 10 }, (_, tenth) => {
    const part = sorted.slice(Math.floor((tenth * sorted.length) / 10), Math.floor(((tenth + 1) * sorted.length) / 10));
    const expected = part.reduce((sum, { probability }) => sum + probability, 0) / Math.max(1, part.length);
    return { leads: part.length, expected, came: rate(part.filter(({ won }) => won).length, part.length) };
  });
}

/**
 * Limits that put the best fifth of leads in A, three tenths each in B and C, and the last fifth in D; as nearly as scores that
 * many leads share allow.
 * @param scores  whole, 0 to 100
 */
export function proposedLimits(scores: readonly number[]): { A: number; B: number; C: number } {
  const sorted = scores.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const C = Math.max(1, Math.min(98, at(0.2)));
  const B = Math.max(C + 1, Math.min(99, at(0.5)));
  return { A: Math.max(B + 1, Math.min(100, at(0.8))), B, C };
}
