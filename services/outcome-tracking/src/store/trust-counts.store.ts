import {
  type CohortMeasure,
  cohortMeasures,
  type CohortTally,
  comparedMeasures,
  LEGACY,
  type OfferGrade,
  type OfferKind,
} from '@fairlead/decisions/fold';
import type { KindCount, TrustCounts } from '@fairlead/decisions';
import type { Query } from '@fairlead/persistence';
import { type CohortPeriod, cohortPeriod, type Days, dayName, daysOf } from '../trust/cohort-period.js';
import type { TrustQuery } from '../trust/trust-query.js';
import { unpackCounts } from './packed-counts.js';

/** Of months, where a period has no end: a 32-bit integer's. */
const [LEAST, MOST] = [-(2 ** 31), 2 ** 31 - 1];

/** What counts are told apart by; what is not asked for is empty. */
interface Group {
  readonly party: string;
  readonly grade: string;
  readonly kind: string;
  readonly pool: string;
  readonly policy: string;
}

interface CountRow extends Group {
  /** In the order of the measures. */
  readonly sums: readonly number[];
}

interface PackedRow extends Group {
  readonly sum: string;
}

type BoundedDays = Readonly<Record<'from' | 'to', number>>;

/** How finely: as figures need it, or by party alone. */
type Detail = 'all' | 'party';

/** Offers of which counts are kept. */
interface Kept {
  readonly dimension: string;
  readonly value: string;
}

interface Which extends Pick<TrustQuery, 'pool' | 'source' | 'campaign'> {
  readonly days: Days;
  readonly age: number | null;
}

interface Asked extends Which {
  readonly detail: Detail;
}

/** Accepted leads of a party, by the kind of the attribute that leads are compared by; null of an offer that has none. */
interface KindRow {
  readonly party: string;
  readonly kind: string | null;
  /** In the order of the compared measures. */
  readonly sums: readonly number[];
}

/** Counts of a report: from those that are kept by month and by day, and from the offers themselves where none are kept. */
export class TrustCountsStore {
  /** @param query  in one snapshot, so that all of it is of one moment */
  async read(query: Query, asked: TrustQuery): Promise<TrustCounts> {
    const { pool, source, campaign, mix, silence } = asked;
    const attribute = mix === 'grade' ? undefined : mix.slice('attributes.'.length);
    const counted = await this.counted(query, asked);
    const kinds = attribute === undefined ? undefined : await this.#kinds(query, asked, attribute);
    const days = daysOf(asked, silence, asked.asOf);
    const of = { pool, source, campaign, days, age: silence };
    const silent = await this.#count(query, { ...of, detail: 'party' });
    return {
      ...{ counted, ...(kinds && { kinds }) },
      silent: silent.map((row) => ({ party: row.party, tally: tallyOf(row) })),
    };
  }

  /** The first of these counts alone. */
  async counted(query: Query, asked: TrustQuery): Promise<TrustCounts['counted']> {
    const { pool, source, campaign, age } = asked;
    const of = { pool, source, campaign, age, days: daysOf(asked, age, asked.asOf) };
    const rows = await this.#count(query, { ...of, detail: 'all' });
    return rows.map((row) => ({
      ...{ party: row.party, pool: row.pool, policy: row.policy, kind: row.kind as OfferKind },
      grade: row.grade === 'incomplete' ? null : (row.grade as OfferGrade),
      tally: tallyOf(row),
    }));
  }

  async #kinds(query: Query, asked: TrustQuery, attribute: string): Promise<KindCount[]> {
    const { pool, source, campaign, age } = asked;
    const which = { pool, source, campaign, age, days: daysOf(asked, age, asked.asOf) };
    const rows = await this.#countKinds(query, which, attribute);
    return rows.flatMap(({ party, kind, sums }) => (kind === null ? [] : [{ party, kind, tally: comparedOf(sums) }]));
  }

  /** What is counted of a campaign by attribute is counted when it is asked for. */
  async #countKinds(query: Query, which: Which, attribute: string): Promise<KindRow[]> {
    if (which.campaign !== null) return this.#kindsOfOffers(query, which, attribute, which.days);
    const { months, also, days } = cohortPeriod(which.days);
    const parts = [await this.#kindsOfMonths(query, which, attribute, months, also)];
    for (const { sign, ...part } of days) {
      const rows = await this.#kindsOfOffers(query, which, attribute, part);
      parts.push(sign === 1 ? rows : rows.map((row) => ({ ...row, sums: row.sums.map((sum) => -sum) })));
    }
    return parts.length === 1 ? parts.flat() : addedUp(parts.flat(), ({ party, kind }) => `${party}\n${kind}`);
  }

  async #kindsOfMonths(
    query: Query,
    { pool, source, age }: Which,
    attribute: string,
    months: CohortPeriod['months'],
    also: readonly number[],
  ): Promise<KindRow[]> {
    const rows = await query<{ readonly party: string; readonly kind: string; readonly sum: string }>(
      `SELECT party, kind,
         sum(CASE $4::integer WHEN 7 THEN in_7 WHEN 14 THEN in_14 WHEN 30 THEN in_30 WHEN 60 THEN in_60 WHEN 90 THEN in_90 ELSE ever END)::text AS sum
       FROM kind_counts WHERE attribute = $1 AND source = $2 AND (pool = $3 OR ($3::text IS NULL AND pool <> $8))
         AND ((month >= $5::integer AND month <= $6::integer) OR month = ANY($7::integer[]))
       GROUP BY party, kind`,
      [attribute, source ?? '', pool, age, months.from ?? LEAST, months.to ?? MOST, also, LEGACY],
    );
    return rows.map(({ party, kind, sum }) => ({ party, kind, sums: unpackCounts(sum, comparedMeasures.length) }));
  }

  /** The same of the offers of these days, by the rules of `#ofOffers`. */
  async #kindsOfOffers(
    query: Query,
    { pool, source, campaign, age }: Which,
    attribute: string,
    { from, to }: Days,
  ): Promise<KindRow[]> {
    return query<KindRow>(
      `WITH own AS (
         SELECT party, kinds ->> $7 AS kind, coalesce(qualified_at <= ends, false) AS was_qualified,
           stage = 'won' AND coalesce(closed_at, offered_at) <= ends AS won
         FROM offers
         CROSS JOIN LATERAL (SELECT CASE WHEN $6::integer IS NULL THEN 'infinity' ELSE offered_at + make_interval(hours => 24 * $6) END AS ends)
         WHERE offered_at >= coalesce(to_timestamp($1::integer * 86400.0), '-infinity')
           AND offered_at < coalesce(to_timestamp(($2::integer + 1) * 86400.0), 'infinity')
           AND (pool = $3 OR ($3::text IS NULL AND pool <> $8)) AND ($4::text IS NULL OR source = $4) AND ($5::text IS NULL OR campaign = $5)
           AND accepted_at <= ends
       ) SELECT party, kind, ARRAY[count(*), count(*) FILTER (WHERE was_qualified OR won), count(*) FILTER (WHERE won)]::float8[] AS sums
       FROM own GROUP BY party, kind`,
      [from, to, pool, source, campaign, age, attribute, LEGACY],
    );
  }

  async #count(query: Query, asked: Asked): Promise<CountRow[]> {
    const kept = keptOf(asked);
    if (kept === undefined) return this.#ofOffers(query, asked, asked.days);
    const { months, also, days } = cohortPeriod(asked.days);
    const parts = [await this.#ofMonths(query, asked, kept, months, also)];
    // One statement for each: of bounds that are joined to it PostgreSQL does not know how few rows lie between them.
    for (const { sign, ...part } of days) {
      const rows =
        kept.dimension === '' ? await this.#ofDays(query, asked, part) : await this.#ofOffers(query, asked, part);
      parts.push(sign === 1 ? rows : rows.map((row) => ({ ...row, sums: row.sums.map((sum) => -sum) })));
    }
    if (parts.length === 1) return parts.flat();
    return addedUp(parts.flat(), (row) => [row.pool, row.policy, row.party, row.grade, row.kind].join('\n'));
  }

  async #ofMonths(
    query: Query,
    { pool, age, detail }: Asked,
    { dimension, value }: Kept,
    months: CohortPeriod['months'],
    also: readonly number[],
  ): Promise<CountRow[]> {
    const rows = await query<PackedRow>(
      `SELECT party, CASE WHEN $8 = 'all' THEN pool ELSE '' END AS pool, CASE WHEN $8 = 'all' THEN policy ELSE '' END AS policy,
         CASE WHEN $8 = 'all' THEN grade ELSE '' END AS grade, CASE WHEN $8 = 'all' THEN kind ELSE '' END AS kind,
         sum(CASE $4::integer WHEN 7 THEN in_7 WHEN 14 THEN in_14 WHEN 30 THEN in_30 WHEN 60 THEN in_60 WHEN 90 THEN in_90 ELSE ever END)::text AS sum
       FROM cohort_counts
       WHERE dimension = $1 AND value = $2 AND (pool = $3 OR ($3::text IS NULL AND pool <> $9))
         AND ((month >= $5::integer AND month <= $6::integer) OR month = ANY($7::integer[]))
       GROUP BY 1, 2, 3, 4, 5`,
      [dimension, value, pool, age, months.from ?? LEAST, months.to ?? MOST, also, detail, LEGACY],
    );
    return rows.map(unpacked);
  }

  async #ofDays(query: Query, { pool, age, detail }: Asked, { from, to }: BoundedDays): Promise<CountRow[]> {
    const rows = await query<PackedRow>(
      `SELECT party, CASE WHEN $5 = 'all' THEN pool ELSE '' END AS pool, CASE WHEN $5 = 'all' THEN policy ELSE '' END AS policy,
         CASE WHEN $5 = 'all' THEN grade ELSE '' END AS grade, CASE WHEN $5 = 'all' THEN kind ELSE '' END AS kind,
         sum(CASE $4::integer WHEN 7 THEN in_7 WHEN 14 THEN in_14 WHEN 30 THEN in_30 WHEN 60 THEN in_60 WHEN 90 THEN in_90 ELSE ever END)::text AS sum
       FROM cohort_counts WHERE dimension = 'day' AND value >= $1 AND value <= $2 AND (pool = $3 OR ($3::text IS NULL AND pool <> $6))
       GROUP BY 1, 2, 3, 4, 5`,
      [dayName(from), dayName(to), pool, age, detail, LEGACY],
    );
    return rows.map(unpacked);
  }

  /** The same of the offers of these days, by the rules of `momentsOf` and `tallyWithin`. */
  async #ofOffers(
    query: Query,
    { pool, source, campaign, age, detail }: Asked,
    { from, to }: Days,
  ): Promise<CountRow[]> {
    return query<CountRow>(
      `WITH own AS (
         SELECT party, CASE WHEN $7 = 'all' THEN pool ELSE '' END AS pool, CASE WHEN $7 = 'all' THEN policy ELSE '' END AS policy,
           CASE WHEN $7 = 'all' THEN coalesce(grade, 'incomplete') ELSE '' END AS grade, CASE WHEN $7 = 'all' THEN kind ELSE '' END AS kind, stage,
           coalesce(delivered_at <= ends, false) AS delivered, coalesce(accepted_at <= ends, false) AS accepted,
           coalesce(contacted_at <= ends AND accepted_at <= ends, false) AS was_contacted,
           coalesce(qualified_at <= ends AND accepted_at <= ends, false) AS was_qualified,
           coalesce(closed_at, offered_at) <= ends AND coalesce(accepted_at <= ends, true) AS closed
         FROM offers
         CROSS JOIN LATERAL (SELECT CASE WHEN $6::integer IS NULL THEN 'infinity' ELSE offered_at + make_interval(hours => 24 * $6) END AS ends)
         WHERE offered_at >= coalesce(to_timestamp($1::integer * 86400.0), '-infinity')
           AND offered_at < coalesce(to_timestamp(($2::integer + 1) * 86400.0), 'infinity')
           AND (pool = $3 OR ($3::text IS NULL AND pool <> $8)) AND ($4::text IS NULL OR source = $4) AND ($5::text IS NULL OR campaign = $5)
           AND ($6 IS NULL OR traits IS NOT NULL)
       ), became AS (
         SELECT pool, policy, party, grade, kind, delivered, accepted, closed AND stage = 'won' AS won,
           was_qualified OR (closed AND stage = 'won') AS qualified,
           was_contacted OR was_qualified OR (closed AND stage = 'won') AS contacted,
           closed AND stage = 'lost' AS lost, closed AND stage = 'returned' AS returned, closed AND stage = 'declined' AS declined,
           closed AND stage = 'expired' AS expired, closed AND stage = 'withdrawn' AS withdrawn
         FROM own
       ) SELECT pool, policy, party, grade, kind, ARRAY[count(*), sum(delivered::integer), sum(accepted::integer),
           sum(declined::integer), sum(expired::integer), sum(withdrawn::integer),
           sum((NOT (accepted OR declined OR expired OR withdrawn))::integer),
           sum((NOT (declined OR expired OR withdrawn OR returned))::integer),
           sum(contacted::integer), sum(qualified::integer), sum(won::integer), sum(lost::integer),
           sum(returned::integer), sum((accepted AND (contacted OR lost OR returned))::integer)]::float8[] AS sums
       FROM became GROUP BY pool, policy, party, grade, kind`,
      [from, to, pool, source, campaign, age, detail, LEGACY],
    );
  }
}

/** What was taken away again is not there. */
function addedUp<Row extends { readonly sums: readonly number[] }>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): Row[] {
  const sums = new Map<string, Row>();
  for (const row of rows) {
    const key = keyOf(row);
    const sum = sums.get(key);
    sums.set(key, sum ? { ...sum, sums: sum.sums.map((each, at) => each + (row.sums[at] as number)) } : row);
  }
  return [...sums.values()].filter((row) => row.sums.some((each) => each !== 0));
}

/** What is counted of the leads of a source by campaign is counted when it is asked for. */
function keptOf({ source, campaign }: Asked): Kept | undefined {
  if (source !== null) return campaign === null ? { dimension: 'source', value: source } : undefined;
  return campaign === null ? { dimension: '', value: '' } : { dimension: 'campaign', value: campaign };
}

function unpacked({ sum, party, pool, policy, grade, kind }: PackedRow): CountRow {
  return { party, pool, policy, grade, kind, sums: unpackCounts(sum, cohortMeasures.length) };
}

function tallyOf({ sums }: CountRow): CohortTally {
  const tally: Partial<Record<CohortMeasure, number>> = {};
  for (const [at, measure] of cohortMeasures.entries()) tally[measure] = sums[at];
  return tally as CohortTally;
}

function comparedOf(sums: readonly number[]): KindCount['tally'] {
  return Object.fromEntries(comparedMeasures.map((measure, at) => [measure, sums[at]])) as KindCount['tally'];
}
