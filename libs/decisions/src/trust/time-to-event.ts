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
  const counts = new Map<number, { time: number; happened: number; open: number }>();
  for (const time of Float64Array.from([...happened, ...open]).sort()) counts.set(time, { time, happened: 0, open: 0 });
  for (const time of happened) (counts.get(time) as { happened: number }).happened += 1;
  for (const time of open) (counts.get(time) as { open: number }).open += 1;
  return curveOf([...counts.values()]);
}

/** How many it happened to after a time, and how many were followed for that long without. */
export interface TimeCount {
  readonly time: number;
  readonly happened: number;
  readonly open: number;
}

/** The same curve of durations that were counted. @param counts  in any order, of each time one */
export function curveOf(counts: readonly TimeCount[]): TimePoint[] {
  const points: TimePoint[] = [];
  let [survival, greenwood] = [1, 0];
  let atRisk = 0;
  for (const { happened, open } of counts) atRisk += happened + open;
  for (const { time, happened, open } of [...counts].sort((one, other) => one.time - other.time)) {
    if (happened > 0) {
      survival *= (atRisk - happened) / atRisk;
      greenwood += happened / (atRisk * (atRisk - happened));
      points.push({ time, atRisk, happened, share: 1 - survival, ...limits(survival, greenwood) });
    }
    atRisk -= happened + open;
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
