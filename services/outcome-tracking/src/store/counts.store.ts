import { add, type Cell, differences, type Tally } from '@fairlead/decisions/fold';
import type { UnitOfWork } from '@fairlead/messaging';
import { CohortsStore } from './cohorts.store.js';
import type { LeadChange } from './leads.store.js';

/** How a missing grade is stored: a primary key has no nulls. */
export const withoutGrade = 'incomplete';

export class CountsStore {
  private readonly cohorts = new CohortsStore();

  /**
   * Adds what these changes make of the counts.
   *
   * One transaction at a time may count: all of them share a few rows, and a batch touches these in the order of its
   * events, so two batches would otherwise deadlock. The lock is held for the rest of a batch, some milliseconds; requests
   * never take it.
   */
  async count(unit: Pick<UnitOfWork, 'query' | 'write'>, changes: readonly LeadChange[]): Promise<void> {
    if (changes.every(({ before, after }) => before?.standing.offers === after.standing.offers)) return;
    const { query } = unit;
    const cells = new Map<string, { cell: Cell; change: Tally }>();
    for (const { before, after } of changes) {
      for (const { cell, change } of differences(before?.standing.offers ?? [], after.standing.offers)) {
        const key = JSON.stringify(cell);
        const sum = cells.get(key);
        cells.set(key, { cell, change: sum ? add(sum.change, change) : change });
      }
    }
    await query(`SELECT pg_advisory_xact_lock(hashtext('offer_counts'), hashtext(current_schema()))`);
    this.cohorts.count(unit, changes);
    if (cells.size === 0) return;
    await query(
      // MERGE and not INSERT … ON CONFLICT, which would hold the changes, and not the sums, against the constraints.
      `MERGE INTO offer_counts AS counts
       USING jsonb_to_recordset($1::jsonb) AS changed (pool text, day integer, party text, grade text, kind text,
         policy text, offered bigint, delivered bigint, accepted bigint, declined bigint, expired bigint,
         withdrawn bigint, open bigint, kept bigint, contacted bigint, qualified bigint, won bigint, lost bigint,
         returned bigint)
       ON counts.pool = changed.pool AND counts.day = date '1970-01-01' + changed.day AND counts.party = changed.party
         AND counts.grade = changed.grade AND counts.kind = changed.kind AND counts.policy = changed.policy
       WHEN MATCHED THEN UPDATE SET offered = counts.offered + changed.offered,
         delivered = counts.delivered + changed.delivered, accepted = counts.accepted + changed.accepted,
         declined = counts.declined + changed.declined, expired = counts.expired + changed.expired,
         withdrawn = counts.withdrawn + changed.withdrawn, open = counts.open + changed.open,
         kept = counts.kept + changed.kept, contacted = counts.contacted + changed.contacted,
         qualified = counts.qualified + changed.qualified, won = counts.won + changed.won,
         lost = counts.lost + changed.lost, returned = counts.returned + changed.returned
       WHEN NOT MATCHED THEN INSERT VALUES (changed.pool, date '1970-01-01' + changed.day, changed.party, changed.grade,
         changed.kind, changed.policy, changed.offered, changed.delivered, changed.accepted, changed.declined,
         changed.expired, changed.withdrawn, changed.open, changed.kept, changed.contacted, changed.qualified,
         changed.won, changed.lost, changed.returned)`,
      [
        JSON.stringify(
          [...cells.values()].map(({ cell, change }) => ({ ...cell, grade: cell.grade ?? withoutGrade, ...change })),
        ),
      ],
    );
  }
}
