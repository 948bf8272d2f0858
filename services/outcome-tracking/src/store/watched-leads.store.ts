import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';
import type { Watched } from '../watch-leads.js';
import type { InPool } from './pool-rules.store.js';

interface WatchedRow {
  readonly lead_id: string;
  readonly offer: number;
  readonly party: string;
  readonly spoke_at: number | null;
  readonly remind_at: number | null;
  readonly reminded: number;
  readonly repaired: boolean;
}

@Injectable()
export class WatchedLeadsStore {
  /** Those of these leads that are watched. Whoever changes one holds the lead's lock. */
  async of({ query }: Pick<UnitOfWork, 'query'>, leadIds: readonly string[]): Promise<Map<string, Watched>> {
    const rows = await query<WatchedRow>(
      `SELECT lead_id, offer, party, (extract(epoch FROM spoke_at) * 1000)::float8 AS spoke_at,
         (extract(epoch FROM remind_at) * 1000)::float8 AS remind_at, reminded, repaired
       FROM watched WHERE lead_id = ANY($1::uuid[])`,
      [leadIds],
    );
    return new Map(
      rows.map(({ lead_id: leadId, spoke_at: spokeAt, remind_at: remindAt, ...row }) => [
        leadId,
        { leadId, spokeAt, remindAt, ...row },
      ]),
    );
  }

  save(unit: UnitOfWork, watched: readonly Watched[]): void {
    if (watched.length === 0) return;
    unit.write(
      `INSERT INTO watched (lead_id, offer, party, spoke_at, remind_at, reminded, repaired)
       SELECT lead_id, offer, party, to_timestamp(spoke_at::numeric / 1000), to_timestamp(remind_at::numeric / 1000), reminded, repaired
       FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[], $5::bigint[], $6::int[], $7::boolean[])
         AS changed (lead_id, offer, party, spoke_at, remind_at, reminded, repaired)
       ON CONFLICT (lead_id) DO UPDATE SET offer = excluded.offer, party = excluded.party, spoke_at = excluded.spoke_at,
         remind_at = excluded.remind_at, reminded = excluded.reminded, repaired = excluded.repaired`,
      [
        watched.map(({ leadId }) => leadId),
        watched.map(({ offer }) => offer),
        watched.map(({ party }) => party),
        watched.map(({ spokeAt }) => spokeAt),
        watched.map(({ remindAt }) => remindAt),
        watched.map(({ reminded }) => reminded),
        watched.map(({ repaired }) => repaired),
      ],
    );
  }

  forget(unit: UnitOfWork, leadIds: readonly string[]): void {
    if (leadIds.length > 0) unit.write('DELETE FROM watched WHERE lead_id = ANY($1::uuid[])', [leadIds]);
  }

  /**
   * Watches the offers of a pool that came in before it was known here that it reminds of them: policies come by another topic than leads.
   * @param remindWithMsLeft  of the time to answer
   */
  async watchOffers({ query }: UnitOfWork, { policy, pool }: InPool, remindWithMsLeft: number): Promise<void> {
    await query(
      `INSERT INTO watched (lead_id, offer, party, remind_at)
       SELECT lead_id, number, o.party, o.accept_by - make_interval(secs => $3::numeric / 1000)
       FROM leads JOIN offers o USING (lead_id)
       WHERE leads.state = 'offered' AND leads.pending = '[]' AND o.number = leads.offer AND o.policy = $1 AND o.pool = $2
         AND o.accept_by - make_interval(secs => $3::numeric / 1000) > o.offered_at
       ON CONFLICT DO NOTHING`,
      [policy, pool, remindWithMsLeft],
    );
  }

  async anyDue(query: Query, now: number): Promise<boolean> {
    const rows = await query('SELECT 1 FROM watched WHERE remind_at <= to_timestamp($1::numeric / 1000) LIMIT 1', [
      now,
    ]);
    return rows.length > 0;
  }

  /** Locks leads whose party is to be reminded, the longest ago first; those that somebody else has in hand are left to it. */
  async lockDue({ query, now }: UnitOfWork, limit: number): Promise<string[]> {
    const rows = await query<{ lead_id: string }>(
      `SELECT lead_id FROM watched JOIN leads USING (lead_id) WHERE remind_at <= to_timestamp($1::numeric / 1000)
       ORDER BY remind_at LIMIT $2 FOR UPDATE OF leads SKIP LOCKED`,
      [now, limit],
    );
    return rows.map(({ lead_id }) => lead_id);
  }
}
