import type { Returns } from '@fairlead/decisions';
import { LEGACY } from '@fairlead/decisions/fold';
import type { Query } from '@fairlead/persistence';

/** Which offers: of one party, made on these UTC days, both included (`2026-01-31`). */
export interface PartyPeriod {
  readonly party: string;
  readonly from: string;
  readonly to: string;
  /** Null: all of them but that of deals from elsewhere. */
  readonly pool: string | null;
}

export class ReturnsStore {
  /** Found in the index of a party's own offers: of all parties the whole table would have to be read. */
  async of(query: Query, { party, from, to, pool }: PartyPeriod): Promise<Returns> {
    const rows = await query<{ reason: string; leads: number; honoured: number }>(
      `SELECT coalesce(reason, 'none') AS reason, count(*)::float8 AS leads, count(*) FILTER (WHERE NOT EXISTS (
         SELECT FROM offers AS later
         WHERE later.lead_id = offers.lead_id AND later.number > offers.number AND later.party = offers.party
       ))::float8 AS honoured
       FROM offers
       WHERE party = $1 AND stage = 'returned' AND offered_at >= $2::date::timestamp AT TIME ZONE 'UTC'
         AND offered_at < ($3::date + 1)::timestamp AT TIME ZONE 'UTC' AND (pool = $4 OR ($4::text IS NULL AND pool <> $5))
       GROUP BY 1 ORDER BY 2 DESC, 1`,
      [party, from, to, pool, LEGACY],
    );
    return {
      byReason: Object.fromEntries(rows.map(({ reason, leads }) => [reason, leads])),
      honoured: rows.reduce((sum, { honoured }) => sum + honoured, 0),
    };
  }
}
