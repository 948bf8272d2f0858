import {
  addedUp,
  type CohortCount,
  cohortDifferences,
  cohortKey,
  type KindCellCount,
  kindKey,
  type Offer,
  type TalliesByAge,
  timedSteps,
  timesOf,
} from '@fairlead/decisions/fold';
import type { UnitOfWork } from '@fairlead/messaging';
import type { LeadChange } from './leads.store.js';
import { packCounts, packTallies, tallyColumns } from './packed-counts.js';
import { type ReturnedCount, ReturnedSums, returnsAmong } from '../trust/returns-of-lead.js';
import { type TimedCount, timesByDay, timesByMonth } from './times-by-period.js';

const cohortKeys = ['dimension', 'value', 'pool', 'party', 'grade', 'kind', 'policy'] as const;
const kindKeys = ['attribute', 'source', 'kind', 'pool', 'party'] as const;

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
    const differences = offers.map(([before, after]) => cohortDifferences(before, after));
    const cohorts = addedUp(
      differences.flatMap((each) => each.cohorts),
      cohortKey,
    );
    const kinds = addedUp(
      differences.flatMap((each) => each.kinds),
      kindKey,
    );
    const times = timeDifferences(offers);
    const returns = new ReturnedSums();
    for (const [before, after] of offers) {
      returns.add(returnsAmong(after));
      returns.add(returnsAmong(before), -1);
    }
    const returned = returns.all();
    if (cohorts.length + kinds.length + times.length + returned.length === 0) return;
    await query(`SELECT pg_advisory_xact_lock(hashtext('cohort_counts'), hashtext(current_schema()))`);
    if (cohorts.length > 0) this.#addCohorts(write, cohorts);
    if (kinds.length > 0) this.#addKinds(write, kinds);
    if (times.length > 0) this.#addTimes(write, times);
    if (returned.length > 0) this.#addReturns(write, returned);
  }

  #addCohorts(write: UnitOfWork['write'], cohorts: readonly CohortCount[]): void {
    write(
      `INSERT INTO cohort_counts AS counts (dimension, value, pool, party, grade, kind, policy, month, in_7, in_14, in_30, in_60, in_90, ever)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[],
         $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[], $14::numeric[])
       ON CONFLICT (dimension, value, month, pool, party, grade, kind, policy) DO UPDATE SET in_7 = counts.in_7 + excluded.in_7,
         in_14 = counts.in_14 + excluded.in_14, in_30 = counts.in_30 + excluded.in_30, in_60 = counts.in_60 + excluded.in_60,
         in_90 = counts.in_90 + excluded.in_90, ever = counts.ever + excluded.ever`,
      [
        ...cohortKeys.map((key) => cohorts.map(({ cell }) => cell[key])),
        cohorts.map(({ cell }) => cell.month),
        ...packedColumns(cohorts),
      ],
    );
  }

  #addKinds(write: UnitOfWork['write'], kinds: readonly KindCellCount[]): void {
    write(
      `INSERT INTO kind_counts AS counts (attribute, source, kind, pool, party, month, in_7, in_14, in_30, in_60, in_90, ever)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[],
         $7::numeric[], $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[])
       ON CONFLICT (attribute, source, month, kind, pool, party) DO UPDATE SET in_7 = counts.in_7 + excluded.in_7,
         in_14 = counts.in_14 + excluded.in_14, in_30 = counts.in_30 + excluded.in_30, in_60 = counts.in_60 + excluded.in_60,
         in_90 = counts.in_90 + excluded.in_90, ever = counts.ever + excluded.ever`,
      [
        ...kindKeys.map((key) => kinds.map(({ cell }) => cell[key])),
        kinds.map(({ cell }) => cell.month),
        ...packedColumns(kinds),
      ],
    );
  }

  #addReturns(write: UnitOfWork['write'], returned: readonly ReturnedCount[]): void {
    write(
      `INSERT INTO returned_counts AS counts (party, day, pool, reason, leads, honoured)
       SELECT party, date '1970-01-01' + day, pool, reason, leads, honoured
       FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::integer[], $6::integer[])
         AS changed (party, day, pool, reason, leads, honoured)
       ON CONFLICT (party, day, pool, reason) DO UPDATE SET leads = counts.leads + excluded.leads,
         honoured = counts.honoured + excluded.honoured`,
      [
        returned.map(({ party }) => party),
        returned.map(({ day }) => day),
        returned.map(({ pool }) => pool),
        returned.map(({ reason }) => reason),
        returned.map(({ leads }) => leads),
        returned.map(({ honoured }) => honoured),
      ],
    );
  }

  #addTimes(write: UnitOfWork['write'], times: readonly TimedCount[]): void {
    const timed = times.filter(({ step }) => step !== 'offer');
    if (timed.length > 0) {
      write(
        `INSERT INTO timed_counts AS counts (step, day, pool, party, hours, leads)
         SELECT step, date '1970-01-01' + day, pool, party, hours, leads
         FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::integer[], $6::integer[])
           AS changed (step, day, pool, party, hours, leads)
         ON CONFLICT (step, day, pool, party, hours) DO UPDATE SET leads = counts.leads + excluded.leads`,
        [
          timed.map(({ step }) => step),
          timed.map(({ day }) => day),
          timed.map(({ pool }) => pool),
          timed.map(({ party }) => party),
          timed.map(({ hours }) => hours),
          timed.map(({ leads }) => leads),
        ],
      );
      const months = timesByMonth(timed);
      write(
        `INSERT INTO timed_months AS counts (step, month, pool, party, block, leads)
         SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::integer[], $6::numeric[])
         ON CONFLICT (step, month, pool, party, block) DO UPDATE SET leads = counts.leads + excluded.leads`,
        [
          months.map(({ step }) => step),
          months.map(({ month }) => month),
          months.map(({ pool }) => pool),
          months.map(({ party }) => party),
          months.map(({ block }) => block),
          months.map(({ leads }) => packCounts(leads)),
        ],
      );
    }
    const days = timesByDay(times);
    write(
      `INSERT INTO timed_days AS counts (day, pool, party, offered, accepted, contacted, qualified, won, closed)
       SELECT date '1970-01-01' + day, pool, party, offered, accepted, contacted, qualified, won, closed
       FROM unnest($1::integer[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::integer[], $7::integer[], $8::integer[],
         $9::integer[]) AS changed (day, pool, party, offered, accepted, contacted, qualified, won, closed)
       ON CONFLICT (day, pool, party) DO UPDATE SET offered = counts.offered + excluded.offered,
         accepted = counts.accepted + excluded.accepted, contacted = counts.contacted + excluded.contacted,
         qualified = counts.qualified + excluded.qualified, won = counts.won + excluded.won, closed = counts.closed + excluded.closed`,
      [
        days.map(({ day }) => day),
        days.map(({ pool }) => pool),
        days.map(({ party }) => party),
        ...timedSteps.map((step) => days.map(({ leads }) => leads[step])),
      ],
    );
  }
}

/** A list for each of the columns. */
function packedColumns(counts: readonly { readonly tallies: TalliesByAge }[]): string[][] {
  // A lead's cells mostly change by the same.
  const packed = new Map<TalliesByAge, string[]>();
  const rows = counts.map(({ tallies }) => {
    const known = packed.get(tallies) ?? packTallies(tallies);
    packed.set(tallies, known);
    return known;
  });
  return tallyColumns.map((_, at) => rows.map((columns) => columns[at] as string));
}

function timeDifferences(
  offers: readonly (readonly [before: readonly Offer[], after: readonly Offer[]])[],
): TimedCount[] {
  const sums = new Map<string, { -readonly [Key in keyof TimedCount]: TimedCount[Key] }>();
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
