import type { Returns } from '@fairlead/decisions';
import { LEGACY } from '@fairlead/decisions/fold';
import type { Query } from '@fairlead/persistence';
import { type PartyPeriod, returnsOf } from '../trust/returns-counted.js';
import type { ReturnsForReason } from '../trust/returns-of-lead.js';

export class ReturnsStore {
  /** As they are counted when they come in: to look at a party's offers for them takes seconds for one that has half of all. */
  async of(query: Query, { party, from, to, pool }: PartyPeriod): Promise<Returns> {
    const reasons = await query<ReturnsForReason>(
      `SELECT reason, sum(leads)::float8 AS leads, sum(honoured)::float8 AS honoured FROM returned_counts
       WHERE party = $1 AND day >= $2::date AND day <= $3::date AND (pool = $4 OR ($4::text IS NULL AND pool <> $5))
       GROUP BY reason HAVING sum(leads) <> 0`,
      [party, from, to, pool, LEGACY],
    );
    return returnsOf(reasons);
  }
}
