import {
  type CohortCell,
  type CohortCount,
  cohortKey,
  cohortMeasures,
  cohortsOf,
  type CohortTally,
  type Offer,
  type TimedCell,
  timedSteps,
  timesOf,
} from '@fairlead/decisions/fold';

/** What `cohort_counts` and `timed_counts` come to. */
export class OfferCounts {
  /** Sums in the order of the measures. */
  private readonly cohorts = new Map<string, { readonly cell: CohortCell; readonly sums: number[] }>();
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

  *cohortCells(): Generator<CohortCount> {
    for (const { cell, sums } of this.cohorts.values()) {
      if (sums.every((sum) => sum === 0)) continue;
      const tally = Object.fromEntries(cohortMeasures.map((measure, at) => [measure, sums[at]]));
      yield { cell, tally: tally as unknown as CohortTally };
    }
  }

  *timedCells(): Generator<TimedCell & { readonly leads: number }> {
    for (const { of, leads: all } of this.times.values())
      for (const [key, leads] of all) if (leads !== 0) yield { ...of, ...readTimeKey(key), leads };
  }

  private change(offer: Offer, by: 1 | -1): void {
    for (const { cell, tally } of cohortsOf(offer)) this.changeCohort(cell, tally, by);
    for (const time of timesOf(offer)) this.changeTime(time, by);
  }

  private changeCohort(cell: CohortCell, tally: CohortTally, by: 1 | -1): void {
    const key = cohortKey(cell);
    let counted = this.cohorts.get(key);
    if (!counted) this.cohorts.set(key, (counted = { cell, sums: cohortMeasures.map(() => 0) }));
    for (const [at, measure] of cohortMeasures.entries())
      counted.sums[at] = (counted.sums[at] as number) + by * tally[measure];
  }

  private changeTime(time: TimedCell, by: 1 | -1): void {
    const { pool, party } = time;
    let counted = this.times.get(`${pool}\n${party}`);
    if (!counted) this.times.set(`${pool}\n${party}`, (counted = { of: { pool, party }, leads: new Map() }));
    const key = timeKey(time);
    counted.leads.set(key, (counted.leads.get(key) ?? 0) + by);
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
