import type { Query } from '@fairlead/persistence';
import type { QualityCount, ReasonCount } from '../quality/source-quality.js';

/** Which leads: of one source, received on these UTC days, both included (`2026-01-31`). */
export interface SourcePeriod {
  readonly source: string;
  readonly from: string;
  readonly to: string;
  /** Name of the attribute that tells campaigns apart. */
  readonly attribute: string;
}

// Which leads is found in the index that lists are paged by, which carries the source along; the rows of those are read once. Counted
// whenever it is asked for (300,000 leads of half a million in 2.2 s, of which three are allowed): what has no table of its own cannot differ from the log, and costs nothing while nobody asks.
const SENT = `SELECT lead_id, state, grade, score, held, sent_again, probability, left(facts -> 'attributes' ->> $4, 200) AS campaign
  FROM leads WHERE source_id = $1 AND received_at >= $2::date AND received_at < $3::date + 1 AND state <> 'rejected'`;

export class SourceQualityStore {
  /** The last tenth has its end as well. */
  async counts(query: Query, { source, from, to, attribute }: SourcePeriod): Promise<QualityCount[]> {
    return query<QualityCount>(
      `WITH sent AS MATERIALIZED (${SENT}), became AS (
         SELECT lead_id, bool_or(accepted_at IS NOT NULL) AS accepted, bool_or(stage = 'returned') AS returned,
           bool_or(qualified_at IS NOT NULL OR stage = 'won') AS qualified, bool_or(stage = 'won') AS won
         FROM sent JOIN offers USING (lead_id) GROUP BY lead_id)
       SELECT campaign, grade, score / 10 - score / 100 AS "scoreTenth",
         probability / 100000 - probability / 1000000 AS "chanceTenth",
         count(*)::float8 AS leads, count(*) FILTER (WHERE held)::float8 AS held, coalesce(sum(sent_again), 0)::float8 AS duplicates,
         count(score)::float8 AS scored, count(*) FILTER (WHERE state = 'not-qualified')::float8 AS "notQualified",
         count(became.lead_id)::float8 AS routed, count(*) FILTER (WHERE accepted)::float8 AS accepted,
         count(*) FILTER (WHERE returned)::float8 AS returned, count(*) FILTER (WHERE qualified)::float8 AS qualified,
         count(*) FILTER (WHERE won)::float8 AS won, coalesce(sum(probability) FILTER (WHERE accepted), 0)::float8 AS predicted
       FROM sent LEFT JOIN became USING (lead_id) GROUP BY 1, 2, 3, 4`,
      [source, from, to, attribute],
    );
  }

  /** Each lead once for each reason, however many parties gave it. */
  async reasons(query: Query, { source, from, to, attribute }: SourcePeriod): Promise<ReasonCount[]> {
    return query<ReasonCount>(
      `WITH sent AS MATERIALIZED (${SENT})
       SELECT sent.campaign, stage AS how, coalesce(reason, 'none') AS reason, count(DISTINCT lead_id)::float8 AS leads
       FROM sent JOIN offers USING (lead_id) WHERE stage IN ('declined', 'returned') GROUP BY 1, 2, 3`,
      [source, from, to, attribute],
    );
  }
}
