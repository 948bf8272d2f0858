import type { TimedLeads, TimedStep } from '@fairlead/decisions';
import { LEGACY } from '@fairlead/decisions/fold';
import type { Query } from '@fairlead/persistence';
import { type CohortPeriod, cohortPeriod, type Days, dayName, daysOf } from '../trust/cohort-period.js';
import { unpackCounts } from './packed-counts.js';
import { BLOCK, hoursAt } from './time-blocks.js';

/** Which leads, and what of them. Days are UTC and included. */
export interface TimesAsked {
  /** Null: all of them but that of deals from elsewhere. */
  readonly pool: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly what: Exclude<TimedStep, 'offer'>;
  /** Milliseconds since the epoch. */
  readonly asOf: number;
}

const DAY_MS = 86_400_000;

export class TimesStore {
  /**
   * Leads of one day are followed for as many whole days as the youngest of them has had: what happened later is not known of all of them,
   * and not counted. Whoever never came to it is followed for as long, whatever else became of the lead.
   *
   * Whenever it happened is read first: by month, and at the ends of the period by day. Then what happened only later than leads are followed is taken
   * away again; as of now that is what happened today.
   */
  async read(query: Query, asked: TimesAsked): Promise<TimedLeads[]> {
    const today = Math.floor(asked.asOf / DAY_MS);
    const { from, to } = daysOf(asked, null, asked.asOf);
    const days = { from, to: to === null ? today - 1 : Math.min(to, today - 1) };
    const { months, also, days: ends } = cohortPeriod(days);
    const times = new TimeSums(today);
    for (const { party, block, sum } of await this.#ofMonths(query, asked, months, also))
      for (const [at, leads] of unpackCounts(sum, BLOCK).entries()) times.happened(party, hoursAt(block, at), leads);
    for (const { sign, ...part } of ends)
      for (const { party, hours, leads } of await this.#ofDays(query, asked, part))
        times.happened(party, hours, sign * leads);
    for (const { party, days: each, open } of await this.#open(query, asked, days))
      for (const [at, day] of each.entries()) times.open(party, day, open[at] as number);
    for (const { party, isWhat, day, hours, leads } of await this.#later(query, asked, days, today)) {
      if (day !== null) times.open(party, day, isWhat ? leads : -leads);
      else if (isWhat) times.happened(party, hours, -leads);
    }
    return times.all();
  }

  #ofMonths(
    query: Query,
    { pool, what }: TimesAsked,
    months: CohortPeriod['months'],
    also: readonly number[],
  ): Promise<{ readonly party: string; readonly block: number; readonly sum: string }[]> {
    return query(
      `SELECT party, block, sum(leads)::text AS sum FROM timed_months
       WHERE step = $1 AND (pool = $2 OR ($2::text IS NULL AND pool <> $6))
         AND ((($3::integer IS NULL OR month >= $3) AND ($4::integer IS NULL OR month <= $4)) OR month = ANY($5::integer[]))
       GROUP BY 1, 2`,
      [what, pool, months.from, months.to, also, LEGACY],
    );
  }

  #ofDays(
    query: Query,
    { pool, what }: TimesAsked,
    { from, to }: Readonly<Record<'from' | 'to', number>>,
  ): Promise<{ readonly party: string; readonly hours: number; readonly leads: number }[]> {
    return query(
      `SELECT party, hours, sum(leads)::float8 AS leads FROM timed_counts
       WHERE step = $1 AND (pool = $2 OR ($2::text IS NULL AND pool <> $5)) AND day >= $3::date AND day <= $4::date
       GROUP BY 1, 2`,
      [what, pool, dayName(from), dayName(to), LEGACY],
    );
  }

  /** How many of each day's have not come to it so far. */
  #open(
    query: Query,
    { pool, what }: TimesAsked,
    { from, to }: Days,
  ): Promise<{ readonly party: string; readonly days: readonly number[]; readonly open: readonly number[] }[]> {
    return query(
      `SELECT party, array_agg(day) AS days, array_agg(open) AS open FROM (
         SELECT party, day - date '1970-01-01' AS day, (sum(CASE $1 WHEN 'accept' THEN offered ELSE accepted END) - sum(CASE $1
           WHEN 'accept' THEN accepted WHEN 'contact' THEN contacted WHEN 'qualify' THEN qualified WHEN 'win' THEN won ELSE closed END))::integer AS open
         FROM timed_days
         WHERE day >= coalesce($3::date, '-infinity') AND day <= $4::date AND (pool = $2 OR ($2::text IS NULL AND pool <> $5))
         GROUP BY 1, 2
       ) AS of_day WHERE open <> 0 GROUP BY 1`,
      [what, pool, from === null ? null : dayName(from), dayName(to as number), LEGACY],
    );
  }

  /** What happened when its lead was not followed any more: by day, whatever the time, and by time, whatever the day. */
  #later(query: Query, { pool, what }: TimesAsked, { from, to }: Days, today: number): Promise<Later[]> {
    return query(
      `WITH later AS (
         SELECT party, step = $1 AS is_what, day - date '1970-01-01' AS day, hours, leads FROM timed_counts
         WHERE step IN ($1, $2) AND day + (hours + 23) / 24 >= $6::date AND day >= coalesce($4::date, '-infinity') AND day <= $5::date
           AND (pool = $3 OR ($3::text IS NULL AND pool <> $7))
       ) SELECT party, is_what AS "isWhat", day, hours, sum(leads)::float8 AS leads
       FROM later GROUP BY GROUPING SETS ((party, is_what, day), (party, is_what, hours))`,
      [
        ...[what, what === 'accept' ? 'offer' : 'accept', pool, from === null ? null : dayName(from)],
        ...[dayName(to as number), dayName(today), LEGACY],
      ],
    );
  }
}

type Later = { readonly party: string; readonly isWhat: boolean; readonly leads: number } & (
  { readonly day: number; readonly hours: null } | { readonly day: null; readonly hours: number }
);

interface Counts {
  happened: number;
  open: number;
}

/** By party, and by time in hours. */
class TimeSums {
  private readonly parties = new Map<string, Map<number, Counts>>();

  /** @param today  in days since the epoch, as all days here */
  constructor(private readonly today: number) {}

  happened(party: string, hours: number, leads: number): void {
    if (leads !== 0) this.at(party, hours).happened += leads;
  }

  open(party: string, day: number, leads: number): void {
    this.at(party, 24 * (this.today - 1 - day)).open += leads;
  }

  all(): TimedLeads[] {
    return [...this.parties].flatMap(([party, times]) => {
      const some = [...times].filter(([, { happened, open }]) => happened !== 0 || open !== 0);
      return some.map(([time, counts]) => ({ party, time, ...counts }));
    });
  }

  private at(party: string, time: number): Counts {
    let times = this.parties.get(party);
    if (!times) this.parties.set(party, (times = new Map<number, Counts>()));
    let counts = times.get(time);
    if (!counts) times.set(time, (counts = { happened: 0, open: 0 }));
    return counts;
  }
}
