import {
  addUpByAge,
  type CohortCount,
  cohortsOf,
  type Offer,
  type OfferCohorts,
  readCohortKey,
  readTraits,
  TALLIES,
  type TimedCell,
  timedSteps,
  timesOf,
  type Traits,
  whereKey,
} from '@fairlead/decisions/fold';
import { type ReturnedCount, ReturnedSums, returnsAmong } from '../trust/returns-counted.js';
import type { TimedCount } from '../store/times-by-period.js';

/** What `cohort_counts` and the counts of times and returns come to. */
export class OfferCounts {
  private readonly cohorts = new CohortSums();
  private readonly traits = new KnownTraits();
  private readonly returns = new ReturnedSums();
  /** By pool and party; then by step, day and hours as one number, which takes a third of what a text does. */
  private readonly times = new Map<
    string,
    { readonly of: Pick<TimedCell, 'pool' | 'party'>; leads: Map<number, number> }
  >();

  /** @param offers  all of one lead */
  add(offers: readonly Offer[]): void {
    for (const offer of offers) this.change(offer, 1);
    this.returns.add(returnsAmong(offers));
  }

  /** Takes back what was added. */
  remove(offers: readonly Offer[]): void {
    for (const offer of offers) this.change(offer, -1);
    this.returns.add(returnsAmong(offers), -1);
  }

  returned(): ReturnedCount[] {
    return this.returns.all();
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
    this.cohorts.add(
      cohortsOf(offer, (text) => this.traits.read(text)),
      by,
    );
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

/** Leads come from few sources and are of few kinds, mostly; so many that they take a megabyte. */
const KNOWN_TRAITS = 4_096;

/** Traits that were read lately: many leads have the same. */
class KnownTraits {
  private known = new Map<string, Traits>();

  read(text: string): Traits {
    let traits = this.known.get(text);
    if (traits) return traits;
    if (this.known.size >= KNOWN_TRAITS) this.known = new Map();
    this.known.set(text, (traits = readTraits(text)));
    return traits;
  }
}

/** Cells of a page. */
const CELLS = 4_096;

/**
 * Tallies of cells, outside of JavaScript's heap: half a million cells would be as many lists in it. Until they are asked for they are sums of what
 * changes with age: an offer changes some ten of a cell's ninety tallies.
 */
class CohortSums {
  /** By how the cell's key ends, and then by how it begins. */
  private readonly cells = new Map<string, Map<string, number>>();
  private count = 0;
  private readonly pages: Int32Array[] = [];

  add({ places, changes }: OfferCohorts, by: 1 | -1): void {
    for (const { where, by: begins } of places) {
      const end = whereKey(where);
      let cells = this.cells.get(end);
      if (!cells) this.cells.set(end, (cells = new Map<string, number>()));
      for (const [dimension, value] of begins) {
        const key = `${dimension}\n${value}`;
        let place = cells.get(key);
        if (place === undefined) cells.set(key, (place = this.place()));
        const page = this.pages[Math.floor(place / CELLS)] as Int32Array;
        const begin = (place % CELLS) * TALLIES;
        for (const change of changes) {
          if (change < 0) page[begin + ~change] = (page[begin + ~change] as number) - by;
          else page[begin + change] = (page[begin + change] as number) + by;
        }
      }
    }
  }

  *inOrder(): Generator<CohortCount> {
    const all = [...this.cells].flatMap(([end, cells]) =>
      [...cells].map(([key, place]) => [`${key}\n${end}`, place] as const),
    );
    for (const [key, place] of all.sort(([one], [other]) => (one < other ? -1 : 1))) {
      const begin = (place % CELLS) * TALLIES;
      const page = this.pages[Math.floor(place / CELLS)] as Int32Array;
      const tallies = Array.from(page.subarray(begin, begin + TALLIES));
      addUpByAge(tallies);
      if (tallies.some((count) => count !== 0)) yield { cell: readCohortKey(key), tallies };
    }
  }

  private place(): number {
    if (this.count % CELLS === 0) this.pages.push(new Int32Array(CELLS * TALLIES));
    return this.count++;
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
