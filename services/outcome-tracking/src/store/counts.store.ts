import {
  addedUp,
  type CohortCount,
  cohortDifferences,
  cohortMeasures,
  type CohortTally,
  type Offer,
  type TimedCell,
  timesOf,
} from '@fairlead/decisions/fold';
import type { UnitOfWork } from '@fairlead/messaging';
import type { LeadChange } from './leads.store.js';

const keys = ['dimension', 'value', 'pool', 'party', 'grade', 'kind', 'policy'] as const;

export class CountsStore {
  /**
   * Adds, at the end of the unit, what these changes make of the counts.
   *
   * One transaction at a time may count: all of them share a few rows, and a batch touches these in the order of its
   * events, so two batches would otherwise deadlock. The lock is held for the rest of a batch, some milliseconds; requests
   * never take it.
   */
  async count({ query, write }: Pick<UnitOfWork, 'query' | 'write'>, changes: readonly LeadChange[]): Promise<void> {
    const offers = changes
      .map(({ before, after }) => [before?.standing.offers ?? [], after.standing.offers] as const)
      .filter(([before, after]) => before !== after);
    const cohorts = addedUp(offers.flatMap(([before, after]) => cohortDifferences(before, after)));
    const times = timeDifferences(offers);
    if (cohorts.length + times.length === 0) return;
    await query(`SELECT pg_advisory_xact_lock(hashtext('cohort_counts'), hashtext(current_schema()))`);
    if (cohorts.length > 0) this.#addCohorts(write, cohorts);
    if (times.length > 0) this.#addTimes(write, times);
  }

  #addCohorts(write: UnitOfWork['write'], cohorts: readonly CohortCount[]): void {
    write(
      `INSERT INTO cohort_counts AS counts (dimension, value, pool, party, grade, kind, policy, month, within, offered, delivered,
         accepted, declined, expired, withdrawn, open, kept, contacted, qualified, won, lost, returned, reported)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[],
         $9::integer[], $10::integer[], $11::integer[], $12::integer[], $13::integer[], $14::integer[], $15::integer[],
         $16::integer[], $17::integer[], $18::integer[], $19::integer[], $20::integer[], $21::integer[], $22::integer[],
         $23::integer[])
       ON CONFLICT (dimension, value, pool, month, party, grade, kind, policy, within) DO UPDATE SET
         offered = counts.offered + excluded.offered, delivered = counts.delivered + excluded.delivered,
         accepted = counts.accepted + excluded.accepted, declined = counts.declined + excluded.declined,
         expired = counts.expired + excluded.expired, withdrawn = counts.withdrawn + excluded.withdrawn,
         open = counts.open + excluded.open, kept = counts.kept + excluded.kept,
         contacted = counts.contacted + excluded.contacted, qualified = counts.qualified + excluded.qualified,
         won = counts.won + excluded.won, lost = counts.lost + excluded.lost, returned = counts.returned + excluded.returned,
         reported = counts.reported + excluded.reported`,
      [
        ...keys.map((key) => cohorts.map(({ cell }) => cell[key])),
        cohorts.map(({ cell }) => cell.month),
        cohorts.map(({ cell }) => cell.within),
        ...cohortMeasures.map((measure: keyof CohortTally) => cohorts.map(({ tally }) => tally[measure])),
      ],
    );
  }

  #addTimes(write: UnitOfWork['write'], times: readonly (TimedCell & { readonly leads: number })[]): void {
    write(
      `INSERT INTO timed_counts AS counts (step, day, pool, party, hours, leads)
       SELECT step, date '1970-01-01' + day, pool, party, hours, leads
       FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::integer[], $6::integer[])
         AS changed (step, day, pool, party, hours, leads)
       ON CONFLICT (step, day, pool, party, hours) DO UPDATE SET leads = counts.leads + excluded.leads`,
      [
        times.map(({ step }) => step),
        times.map(({ day }) => day),
        times.map(({ pool }) => pool),
        times.map(({ party }) => party),
        times.map(({ hours }) => hours),
        times.map(({ leads }) => leads),
      ],
    );
  }
}

function timeDifferences(
  offers: readonly (readonly [before: readonly Offer[], after: readonly Offer[]])[],
): (TimedCell & { leads: number })[] {
  const sums = new Map<string, TimedCell & { leads: number }>();
  const note = (offer: Offer, by: 1 | -1): void => {
    for (const cell of timesOf(offer)) {
      const key = `${cell.step}\n${cell.day}\n${cell.pool}\n${cell.party}\n${cell.hours}`;
      const sum = sums.get(key);
      if (sum) sum.leads += by;
      else sums.set(key, { ...cell, leads: by });
    }
  };
  for (const [before, after] of offers) {
    const [known, kept] = [new Set(before), new Set(after)];
    for (const offer of after) if (!known.has(offer)) note(offer, 1);
    for (const offer of before) if (!kept.has(offer)) note(offer, -1);
  }
  return [...sums.values()].filter(({ leads }) => leads !== 0);
}
