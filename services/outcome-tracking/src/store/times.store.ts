import type { TimedLeads, TimedStep } from '@fairlead/decisions';
import type { Query } from '@fairlead/persistence';

/** Which leads, and what of them. Days are UTC and included. */
export interface TimesAsked {
  readonly pool: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly what: Exclude<TimedStep, 'offer'>;
  /** Milliseconds since the epoch. */
  readonly asOf: number;
}

interface TimedRow {
  readonly party: string;
  readonly isWhat: boolean;
  /** Null where it is told by day. */
  readonly hours: number | null;
  /** For how many hours the leads of the day were followed; null where it is told by hours. */
  readonly followed: number | null;
  readonly leads: number;
}

const DAY_MS = 86_400_000;

export class TimesStore {
  /**
   * Leads of one day are followed for as many whole days as the youngest of them has had: what happened later is not known of all of them,
   * and not counted. Whoever never came to it is followed for as long, whatever else became of the lead.
   */
  async read(query: Query, { pool, from, to, what, asOf }: TimesAsked): Promise<TimedLeads[]> {
    const rows = await query<TimedRow>(
      `WITH own AS (
         SELECT party, step = $1 AS is_what, hours, leads, 24 * ($3::integer - 1 - (day - date '1970-01-01')) AS followed
         FROM timed_counts
         WHERE step IN ($1, $2) AND day < date '1970-01-01' + $3::integer AND ($4::text IS NULL OR pool = $4)
           AND ($5::date IS NULL OR day >= $5) AND ($6::date IS NULL OR day <= $6)
       ) SELECT party, is_what AS "isWhat", hours, followed, sum(leads)::float8 AS leads
       FROM own WHERE hours <= followed GROUP BY GROUPING SETS ((party, is_what, hours), (party, is_what, followed))`,
      [what, what === 'accept' ? 'offer' : 'accept', Math.floor(asOf / DAY_MS), pool, from, to],
    );
    // All that are followed so long, less those that came to it: the others are still open.
    return rows.flatMap(({ party, isWhat, hours, followed, leads }): TimedLeads[] => {
      if (followed !== null) return [{ party, time: followed, happened: 0, open: isWhat ? -leads : leads }];
      return isWhat && hours !== null ? [{ party, time: hours, happened: leads, open: 0 }] : [];
    });
  }
}
