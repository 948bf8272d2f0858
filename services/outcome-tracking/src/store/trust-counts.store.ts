import { cohortMeasures, type CohortTally, type OfferGrade, type OfferKind } from '@fairlead/decisions/fold';
import { CAMPAIGN, LATER, type TrustCounts } from '@fairlead/decisions';
import type { Query } from '@fairlead/persistence';
import { cohortPeriod, type Days, daysOf } from '../trust/cohort-period.js';
import type { TrustQuery } from '../trust/trust-query.js';

interface CountRow {
  readonly party: string;
  readonly grade: string;
  readonly kind: string;
  readonly pool: string;
  readonly policy: string;
  /** The kind of the attribute; empty where none is asked for, null of an offer that has none. */
  readonly value: string | null;
  readonly sums: readonly number[];
}

/** Counts of a report: from those that are kept by month, and at the ends of the period from the offers themselves. */
export class TrustCountsStore {
  /** @param query  in one snapshot, so that all of it is of one moment */
  async read(query: Query, asked: TrustQuery): Promise<TrustCounts> {
    const attribute = asked.mix === 'grade' ? null : asked.mix.slice('attributes.'.length);
    const days = daysOf(asked, asked.age, asked.asOf);
    const counted = await this.#count(query, asked, days, asked.age, null);
    const kinds = attribute === null ? undefined : await this.#count(query, asked, days, asked.age, attribute);
    const silentDays = daysOf(asked, asked.silence, asked.asOf);
    const silent = await this.#count(query, asked, silentDays, asked.silence, null);
    return {
      counted: counted.map((row) => ({
        ...{ party: row.party, pool: row.pool, policy: row.policy, kind: row.kind as OfferKind },
        grade: row.grade === 'incomplete' ? null : (row.grade as OfferGrade),
        tally: tallyOf(row),
      })),
      ...(kinds && {
        kinds: kinds.flatMap((row) =>
          row.value === null ? [] : [{ party: row.party, kind: row.value, tally: tallyOf(row) }],
        ),
      }),
      silent: silent.map((row) => ({ party: row.party, tally: tallyOf(row) })),
    };
  }

  /** @param attribute  by whose kinds; then only offers that were accepted */
  async #count(
    query: Query,
    { pool, source, campaign }: TrustQuery,
    days: Days,
    age: number | null,
    attribute: string | null,
  ): Promise<CountRow[]> {
    // What is counted of the leads of a source by campaign, or by attribute, is counted when it is asked for.
    const isKept = attribute === null ? source === null || campaign === null : source === null && campaign === null;
    const offers = { pool, source, campaign, age, attribute };
    if (!isKept) return this.#ofOffers(query, offers, [{ ...days, sign: 1 }]);
    const period = cohortPeriod(days);
    const dimension = attribute === null ? dimensionOf(source, campaign) : `attributes.${attribute}`;
    const months = await query<CountRow>(
      `SELECT pool, policy, party, grade, kind, CASE WHEN $2::text IS NULL THEN value ELSE '' END AS value, ARRAY[sum(offered), sum(delivered), sum(accepted), sum(declined), sum(expired),
         sum(withdrawn), sum(open), sum(kept), sum(contacted), sum(qualified), sum(won), sum(lost), sum(returned),
         sum(reported)]::float8[] AS sums
       FROM cohort_counts
       WHERE dimension = $1 AND ($2::text IS NULL OR value = $2) AND ($3::text IS NULL OR pool = $3) AND within <= $4
         AND ((($5::integer IS NULL OR month >= $5) AND ($6::integer IS NULL OR month <= $6)) OR month = ANY($7::integer[]))
       GROUP BY 1, 2, 3, 4, 5, 6`,
      [
        ...[dimension, attribute === null ? (source ?? campaign ?? '') : null, pool, age ?? LATER],
        ...[period.months.from, period.months.to, period.also],
      ],
    );
    return period.days.length === 0
      ? months
      : addedUp([...months, ...(await this.#ofOffers(query, offers, period.days))]);
  }

  /** The same of the offers of these days, by the rules of `momentsOf` and `tallyWithin`. */
  async #ofOffers(
    query: Query,
    of: Pick<TrustQuery, 'pool' | 'source' | 'campaign' | 'age'> & { readonly attribute: string | null },
    days: readonly { readonly from: number | null; readonly to: number | null; readonly sign: 1 | -1 }[],
  ): Promise<CountRow[]> {
    return query<CountRow>(
      `WITH own AS (
         SELECT sign, pool, party, CASE WHEN $9::text IS NULL THEN policy ELSE '' END AS policy,
           CASE WHEN $9 IS NULL THEN coalesce(grade, 'incomplete') ELSE '' END AS grade,
           CASE WHEN $9 IS NULL THEN kind ELSE '' END AS kind,
           CASE WHEN $9 IS NULL THEN '' ELSE traits::jsonb -> 'kinds' ->> $9 END AS value, stage,
           coalesce(delivered_at <= ends, false) AS delivered, coalesce(accepted_at <= ends, false) AS accepted,
           coalesce(contacted_at <= ends AND accepted_at <= ends, false) AS was_contacted,
           coalesce(qualified_at <= ends AND accepted_at <= ends, false) AS was_qualified,
           coalesce(closed_at, offered_at) <= ends AND coalesce(accepted_at <= ends, true) AS closed
         FROM unnest($1::integer[], $2::integer[], $3::integer[]) AS part (first, last, sign)
         JOIN offers ON offered_at >= coalesce(to_timestamp(first * 86400.0), '-infinity')
           AND offered_at < coalesce(to_timestamp((last + 1) * 86400.0), 'infinity')
         CROSS JOIN LATERAL (SELECT CASE WHEN $8::integer IS NULL THEN 'infinity' ELSE offered_at + make_interval(hours => 24 * $8) END AS ends)
         WHERE ($4::text IS NULL OR pool = $4) AND ($5::text IS NULL OR traits::jsonb ->> 'source' = $5)
           AND ($6::text IS NULL OR traits::jsonb -> 'kinds' ->> $7 = $6) AND ($8 IS NULL OR traits IS NOT NULL)
           AND ($9 IS NULL OR accepted_at IS NOT NULL)
       ), became AS (
         SELECT sign, pool, policy, party, grade, kind, value, delivered, accepted, closed AND stage = 'won' AS won,
           was_qualified OR (closed AND stage = 'won') AS qualified,
           was_contacted OR was_qualified OR (closed AND stage = 'won') AS contacted,
           closed AND stage = 'lost' AS lost, closed AND stage = 'returned' AS returned, closed AND stage = 'declined' AS declined,
           closed AND stage = 'expired' AS expired, closed AND stage = 'withdrawn' AS withdrawn
         FROM own
       ) SELECT pool, policy, party, grade, kind, value, ARRAY[sum(sign), sum(sign * delivered::integer), sum(sign * accepted::integer),
           sum(sign * declined::integer), sum(sign * expired::integer), sum(sign * withdrawn::integer),
           sum(sign * (NOT (accepted OR declined OR expired OR withdrawn))::integer),
           sum(sign * (NOT (declined OR expired OR withdrawn OR returned))::integer),
           sum(sign * contacted::integer), sum(sign * qualified::integer), sum(sign * won::integer), sum(sign * lost::integer),
           sum(sign * returned::integer), sum(sign * (accepted AND (contacted OR lost OR returned))::integer)]::float8[] AS sums
       FROM became GROUP BY pool, policy, party, grade, kind, value`,
      [
        ...[days.map(({ from }) => from), days.map(({ to }) => to), days.map(({ sign }) => sign)],
        ...[of.pool, of.source, of.campaign, CAMPAIGN, of.age, of.attribute],
      ],
    );
  }
}

/** What was taken away again is not there. */
function addedUp(rows: readonly CountRow[]): CountRow[] {
  const sums = new Map<string, CountRow>();
  for (const row of rows) {
    const key = [row.pool, row.policy, row.party, row.grade, row.kind, row.value].join('\n');
    const sum = sums.get(key);
    sums.set(key, sum ? { ...sum, sums: sum.sums.map((each, at) => each + (row.sums[at] as number)) } : row);
  }
  return [...sums.values()].filter((row) => row.sums.some((each) => each !== 0));
}

function dimensionOf(source: string | null, campaign: string | null): string {
  if (source !== null) return 'source';
  return campaign === null ? '' : 'campaign';
}

function tallyOf({ sums }: CountRow): CohortTally {
  return Object.fromEntries(cohortMeasures.map((measure, at) => [measure, sums[at]])) as unknown as CohortTally;
}
