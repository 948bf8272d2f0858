import type { Returns } from '@fairlead/decisions';
import { LEGACY } from '@fairlead/decisions/fold';
import type { Query } from '@fairlead/persistence';
import { NO_REASON, type PartyPeriod, type ReturnsForReason, returnsOf } from '../trust/returns-counted.js';

export class ReturnsStore {
  /** Found in the index of a party's own offers: of all parties the whole table would have to be read. */
  async of(query: Query, { party, from, to, pool }: PartyPeriod): Promise<Returns> {
    const reasons = await query<ReturnsForReason>(
      `SELECT coalesce(reason, $6) AS reason, count(*)::float8 AS leads, count(*) FILTER (WHERE NOT EXISTS (
         SELECT FROM offers AS later
         WHERE later.lead_id = offers.lead_id AND later.number > offers.number AND later.party = offers.party
       ))::float8 AS honoured
       FROM offers
       WHERE party = $1 AND stage = 'returned' AND offered_at >= $2::date::timestamp AT TIME ZONE 'UTC'
         AND offered_at < ($3::date + 1)::timestamp AT TIME ZONE 'UTC' AND (pool = $4 OR ($4::text IS NULL AND pool <> $5))
       GROUP BY 1`,
      [party, from, to, pool, LEGACY, NO_REASON],
    );
    return returnsOf(reasons);
  }
}
