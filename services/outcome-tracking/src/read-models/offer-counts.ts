import {
  addUpByAge,
  type CohortCount,
  cohortMeasures,
  cohortsOf,
  comparedChanges,
  comparedMeasures,
  type Dimension,
  dimensions,
  KIND_TALLIES,
  type KindCell,
  type KindCellCount,
  kindCellsOf,
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
import { type ReturnedCount, ReturnedSums, returnsAmong } from '../trust/returns-of-lead.js';
import type { TimedCount } from '../store/times-by-period.js';

/** What `cohort_counts`, `kind_counts` and the counts of times and returns come to. */
export class OfferCounts {
  private readonly cohorts = new CohortSums();
  private readonly kinds = new KindSums();
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

  kindCells(): Generator<KindCellCount> {
    return this.kinds.inOrder();
  }

  *timedCells(): Generator<TimedCount> {
    for (const {
      of: { pool, party },
      leads: all,
    } of this.times.values())
      for (const [key, leads] of all) {
        if (leads === 0) continue;
        const { step, day, hours } = readTimeKey(key);
        // One by one: this is gone through three times, and to spread them takes twice as long.
        yield { step, day, pool, party, hours, leads };
      }
  }

  private change(offer: Offer, by: 1 | -1): void {
    const cohorts = cohortsOf(offer, (text) => this.traits.read(text));
    this.cohorts.add(cohorts, by);
    this.kinds.add(cohorts, by);
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
class CellTallies {
  private count = 0;
  private readonly pages: Int32Array[] = [];

  /** @param size  how many tallies a cell has, of each age `measured` */
  constructor(
    private readonly size: number,
    private readonly measured: number,
  ) {}

  /** Of a cell in which nothing is. */
  place(): number {
    if (this.count % CELLS === 0) this.pages.push(new Int32Array(CELLS * this.size));
    return this.count++;
  }

  add(place: number, changes: readonly number[], by: 1 | -1): void {
    const page = this.pages[Math.floor(place / CELLS)] as Int32Array;
    const begin = (place % CELLS) * this.size;
    for (const change of changes) {
      if (change < 0) page[begin + ~change] = (page[begin + ~change] as number) - by;
      else page[begin + change] = (page[begin + change] as number) + by;
    }
  }

  /** Undefined where they come to nothing. */
  at(place: number): number[] | undefined {
    const begin = (place % CELLS) * this.size;
    const page = this.pages[Math.floor(place / CELLS)] as Int32Array;
    const tallies = Array.from(page.subarray(begin, begin + this.size));
    addUpByAge(tallies, this.measured);
    return tallies.some((count) => count !== 0) ? tallies : undefined;
  }
}

/** The cells of one place: where an offer is counted in all four ways. */
type Cells = ReadonlyMap<Dimension, Map<string, number>>;

class CohortSums {
  /** By how the cell's key ends. */
  private readonly cells = new Map<string, Cells>();
  private readonly tallies = new CellTallies(TALLIES, cohortMeasures.length);

  add({ where, by: begins, changes }: OfferCohorts, by: 1 | -1): void {
    const end = whereKey(where);
    let cells = this.cells.get(end);
    if (!cells) this.cells.set(end, (cells = new Map(dimensions.map((each) => [each, new Map<string, number>()]))));
    for (const [dimension, value] of begins) {
      const places = cells.get(dimension) as Map<string, number>;
      let place = places.get(value);
      if (place === undefined) places.set(value, (place = this.tallies.place()));
      this.tallies.add(place, changes, by);
    }
  }

  *inOrder(): Generator<CohortCount> {
    const all = [...this.cells].flatMap(([end, cells]) =>
      [...cells].flatMap(([dimension, places]) =>
        [...places].map(([value, place]) => [`${dimension}\n${value}\n${end}`, place] as const),
      ),
    );
    for (const [key, place] of all.sort(([one], [other]) => (one < other ? -1 : 1))) {
      const tallies = this.tallies.at(place);
      if (tallies) yield { cell: readCohortKey(key), tallies };
    }
  }
}

/** The same by attribute: twice as many cells for each offer, so what a cell is of is kept once for all months, pools and parties. */
class KindSums {
  private readonly kinds = new Map<string, OfOneKind>();
  /** By traits that were read lately, so that most offers need not put their keys together. */
  private readonly known = new WeakMap<Traits, readonly OfOneKind[]>();
  private readonly wheres = new Map<string, Where>();
  private readonly tallies = new CellTallies(KIND_TALLIES, comparedMeasures.length);

  add(cohorts: OfferCohorts, by: 1 | -1): void {
    if (!cohorts.kinds) return;
    const { month, pool, party } = cohorts.where;
    const whereKey = `${month}\n${pool}\n${party}`;
    let where = this.wheres.get(whereKey);
    if (!where) this.wheres.set(whereKey, (where = { month, pool, party }));
    const changes = comparedChanges(cohorts.changes);
    let kinds = this.known.get(cohorts.kinds);
    if (!kinds) this.known.set(cohorts.kinds, (kinds = kindCellsOf(cohorts).map((cell) => this.kind(cell))));
    for (const { cells } of kinds) {
      let place = cells.get(where);
      if (place === undefined) cells.set(where, (place = this.tallies.place()));
      this.tallies.add(place, changes, by);
    }
  }

  /** Of one attribute and source after the other, since such rows are read together. */
  *inOrder(): Generator<KindCellCount> {
    for (const key of [...this.kinds.keys()].sort()) {
      const { of, cells } = this.kinds.get(key) as OfOneKind;
      for (const [where, place] of cells) {
        const tallies = this.tallies.at(place);
        if (tallies) yield { cell: { ...of, ...where }, tallies };
      }
    }
  }

  private kind({ attribute, source, kind }: KindCell): OfOneKind {
    const key = `${attribute}\n${source}\n${kind}`;
    let counted = this.kinds.get(key);
    if (!counted) this.kinds.set(key, (counted = { of: { attribute, source, kind }, cells: new Map() }));
    return counted;
  }
}

interface OfOneKind {
  readonly of: Pick<KindCell, 'attribute' | 'source' | 'kind'>;
  readonly cells: Map<Where, number>;
}
type Where = Pick<KindCell, 'month' | 'pool' | 'party'>;

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
