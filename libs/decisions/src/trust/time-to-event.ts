import { exp, log } from './exp-log.js';
import { z } from './rate.js';

/** How long it took, or has taken so far, each in the same unit; none negative. In any order. */
export interface Durations {
  /** From the beginning until it happened. */
  readonly happened: readonly number[];
  /** Until it was last known not to have happened: those that are still open are no failures, only young. */
  readonly open: readonly number[];
}

/** A moment at which it happened to somebody. */
export interface TimePoint {
  readonly time: number;
  /** How many it had not happened to just before, and were still followed. */
  readonly atRisk: number;
  readonly happened: number;
  /** The share to whom it has happened by now, the moment included: 1 − S. */
  readonly share: number;
  /** Of `share`, 95 %; null when it has happened to all: there is no variance to tell. */
  readonly low: number | null;
  readonly high: number | null;
}

/** When a share of all has been reached; null where it was not, as far as anybody was followed. */
export interface PercentileTime {
  readonly time: number | null;
  /** 95 %. Null at the upper end says that it may be any later time. */
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * The curve of how long it takes: to the first contact, or to the close. A lead that is still open counts for as long as
 * it was followed, and is then neither a success nor a failure; so leads that came yesterday do not make anybody slow.
 * What ends at the same time as something happens is taken to have been there to see it.
 *
 * Kaplan, E. L., Meier, P. (1958): Nonparametric estimation from incomplete observations. JASA 53, 457–481. Its variance:
 * Greenwood, M. (1926): The natural duration of cancer. Reports on Public Health and Medical Subjects 33, HMSO. Its interval is taken on the scale of
 * log(−log S), so that it stays within 0 and 1: Kalbfleisch, J. D., Prentice, R. L. (1980): The Statistical Analysis of Failure Time Data,
 * §1.3; R's `survfit(conf.type = "log-log")`. Added and multiplied up by ascending time: the order that
 * durations come in changes nothing.
 * @returns a point for each time at which it happened, ascending; empty when it never did
 */
export function timesToEvent({ happened, open }: Durations): TimePoint[] {
  // Typed arrays are sorted as numbers, and fast.
  const events = Float64Array.from(happened).sort();
  const censored = Float64Array.from(open).sort();
  const points: TimePoint[] = [];
  let [survival, greenwood] = [1, 0];
  let [atEvent, atCensored] = [0, 0];
  while (atEvent < events.length) {
    const time = events[atEvent] as number;
    while (atCensored < censored.length && (censored[atCensored] as number) < time) atCensored += 1;
    const atRisk = events.length - atEvent + (censored.length - atCensored);
    let count = 0;
    while (events[atEvent] === time) {
      atEvent += 1;
      count += 1;
    }
    survival *= (atRisk - count) / atRisk;
    greenwood += count / (atRisk * (atRisk - count));
    points.push({ time, atRisk, happened: count, share: 1 - survival, ...limits(survival, greenwood) });
  }
  return points;
}

/** The products of fractions are a hair beside the share that they are. */
const HAIR = 1e-12;

/**
 * The first time by which at least this share has happened; of 0.5, the median. Its limits are where those of the curve reach
 * it: Brookmeyer, R., Crowley, J. (1982): A confidence interval for the median survival time. Biometrics 38, 29–41.
 * @param share  between 0 and 1, of all: also of those to whom it will never happen
 */
export function percentileTime(curve: readonly TimePoint[], share: number): PercentileTime {
  const reached = (what: 'share' | 'low' | 'high') =>
    curve.find((point) => (point[what] ?? point.share) >= share - HAIR)?.time ?? null;
  return { time: reached('share'), low: reached('high'), high: reached('low') };
}

function limits(survival: number, greenwood: number): Pick<TimePoint, 'low' | 'high'> {
  if (survival === 0) return { low: null, high: null };
  const hazard = -log(survival);
  const reach = exp((z * Math.sqrt(greenwood)) / hazard);
  return { low: 1 - exp(-hazard / reach), high: 1 - exp(-hazard * reach) };
}
