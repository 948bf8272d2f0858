import {
  type CohortCell,
  type CohortCount,
  cohortKey,
  cohortsOf,
  type Offer,
  readCohortKey,
  type TimedCell,
  timedSteps,
  timesOf,
} from '@fairlead/decisions/fold';
import type { TimedCount } from '../store/times-by-period.js';

/** What `cohort_counts` and the counts of times come to. */
export class OfferCounts {
  private readonly cohorts = new CohortSums();
  /** By pool and party; then by step, day and hours as one number, which takes a third of what a text does. */
  private readonly times = new Map<
    string,
    { readonly of: Pick<TimedCell, 'pool' | 'party'>; leads: Map<number, number> }
  >();

  add(offers: readonly Offer[]): void {
    for (const offer of offers) this.change(offer, 1);
  }

  /** Takes back what was added. */
  remove(offers: readonly Offer[]): void {
    for (const offer of offers) this.change(offer, -1);
  }

  /** In the order of their keys, so that rows which are read together are written together. */
  cohortCells(): Generator<CohortCount> {
    return this.cohorts.inOrder();
  }

  *timedCells(): Generator<TimedCount> {
    for (const { of, leads: all } of this.times.values())
      for (const [key, leads] of all) if (leads !== 0) yield { ...of, ...readTimeKey(key), leads };
  }

  private change(offer: Offer, by: 1 | -1): void {
    const { cells, tallies } = cohortsOf(offer);
    for (const cell of cells) this.cohorts.add(cell, tallies, by);
    for (const time of timesOf(offer)) this.changeTime(time, by);
  }

  private changeTime(time: TimedCell, by: 1 | -1): void {
    const { pool, party } = time;
    let counted = this.times.get(`${pool}\n${party}`);
    if (!counted) this.times.set(`${pool}\n${party}`, (counted = { of: { pool, party }, leads: new Map() }));
    const key = timeKey(time);
    counted.leads.set(key, (counted.leads.get(key) ?? 0) + by);
  }
}

/** Cells of a page. */
const CELLS = 4_096;

/** Tallies of cells, outside of JavaScript's heap: half a million cells would be as many lists in it. */
class CohortSums {
  private readonly cells = new Map<string, number>();
  private readonly pages: Int32Array[] = [];
  /** Counts of a cell. */
  private width = 0;

  add(cell: CohortCell, tallies: readonly number[], by: 1 | -1): void {
    this.width ||= tallies.length;
    const key = cohortKey(cell);
    let place = this.cells.get(key);
    if (place === undefined) {
      this.cells.set(key, (place = this.cells.size));
      if (place % CELLS === 0) this.pages.push(new Int32Array(CELLS * this.width));
    }
    const page = this.pages[Math.floor(place / CELLS)] as Int32Array;
    const begin = (place % CELLS) * this.width;
    for (let at = 0; at < this.width; at++)
      page[begin + at] = (page[begin + at] as number) + by * (tallies[at] as number);
  }

  *inOrder(): Generator<CohortCount> {
    for (const key of [...this.cells.keys()].sort()) {
      const place = this.cells.get(key) as number;
      const begin = (place % CELLS) * this.width;
      const tallies = Array.from(
        (this.pages[Math.floor(place / CELLS)] as Int32Array).subarray(begin, begin + this.width),
      );
      if (tallies.some((count) => count !== 0)) yield { cell: readCohortKey(key), tallies };
    }
  }
}

/** More than `bucketHours` ever says. */
const MOST_HOURS = 2 ** 20;
const MOST_DAYS = 2 ** 20;

function timeKey({ step, day, hours }: TimedCell): number {
  return (timedSteps.indexOf(step) * MOST_DAYS + day) * MOST_HOURS + hours;
}

function readTimeKey(key: number): Pick<TimedCell, 'step' | 'day' | 'hours'> {
  const rest = Math.floor(key / MOST_HOURS);
  return {
    step: timedSteps[Math.floor(rest / MOST_DAYS)] as TimedCell['step'],
    day: rest % MOST_DAYS,
    hours: key % MOST_HOURS,
  };
}
