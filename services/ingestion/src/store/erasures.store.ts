import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';
import type { HashedKey } from '../intake/rows.js';

/** Why somebody's data is erased. */
export const erasureReasons = [
  'subject-request',
  'consent-withdrawn',
  'retention-ended',
  'taken-in-by-mistake',
] as const;
export type ErasureReason = (typeof erasureReasons)[number];

/** Times are milliseconds since the epoch. */
export interface Erasure {
  readonly leadId: string;
  readonly reason: ErasureReason;
  readonly requestedBy: string;
  readonly requestedAt: number;
  /** Null while the lead's key may still be there. */
  readonly erasedAt: number | null;
}

export interface FoundLead {
  readonly leadId: string;
  readonly source: string;
  readonly receivedAt: Date;
}

const COLUMNS = `lead_id AS "leadId", reason, requested_by AS "requestedBy",
  round(extract(epoch FROM requested_at) * 1000)::float8 AS "requestedAt",
  round(extract(epoch FROM erased_at) * 1000)::float8 AS "erasedAt"`;

@Injectable()
export class ErasuresStore {
  /**
   * Writes down that the lead is to be erased, and takes out of this schema whatever leads to the person: by what the lead
   * is found, and what is held of it, so that it goes on no more. Of several requests the first one counts.
   * @returns undefined when there is no such lead
   */
  async begin(
    { query, now }: UnitOfWork,
    { leadId, reason, requestedBy }: Pick<Erasure, 'leadId' | 'reason' | 'requestedBy'>,
  ): Promise<Erasure | undefined> {
    // First, and in the order in which intake takes its locks: what is under way about this lead is then committed and seen
    // below, and what comes later sees that the lead is erased.
    const leads = await query('UPDATE leads SET erased = true, known = NULL, near = NULL WHERE id = $1 RETURNING 1', [
      leadId,
    ]);
    if (leads.length === 0) return undefined;
    // Before the identities: whoever supplies something for a held lead claims those, and then finds it gone, or was first.
    await query('DELETE FROM held_leads WHERE lead_id = $1', [leadId]);
    await query(
      `DELETE FROM clicks WHERE key IN (SELECT key FROM identities WHERE kind = 'externalId' AND lead_id = $1)`,
      [leadId],
    );
    await query('DELETE FROM identities WHERE lead_id = $1', [leadId]);
    await query('DELETE FROM further_identities WHERE lead_id = $1', [leadId]);
    await query('DELETE FROM near_keys WHERE lead_id = $1', [leadId]);
    await query(
      `UPDATE merges SET before = NULL, after_known = NULL, identities = NULL, near = NULL, held = NULL
       WHERE into_id = $1 OR absorbed_id = $1`,
      [leadId],
    );
    await query('DELETE FROM proposed_merges WHERE decision IS NULL AND (lead_id = $1 OR other_id = $1)', [leadId]);
    await query(
      `INSERT INTO erasures (lead_id, reason, requested_by, requested_at) VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000))
       ON CONFLICT DO NOTHING`,
      [leadId, reason, requestedBy, now],
    );
    return this.find(query, leadId);
  }

  /** Notes that the lead's key is deleted. @returns undefined when somebody else has noted it before */
  async finish({ query, now }: UnitOfWork, leadId: string): Promise<Erasure | undefined> {
    const [row] = await query<Erasure>(
      `UPDATE erasures SET erased_at = to_timestamp($2::float8 / 1000) WHERE lead_id = $1 AND erased_at IS NULL
       RETURNING ${COLUMNS}`,
      [leadId, now],
    );
    return row;
  }

  async find(query: Query, leadId: string): Promise<Erasure | undefined> {
    const [row] = await query<Erasure>(`SELECT ${COLUMNS} FROM erasures WHERE lead_id = $1`, [leadId]);
    return row;
  }

  /** The oldest first. */
  async unfinished(query: Query, limit: number): Promise<string[]> {
    const rows = await query<{ lead_id: string }>(
      'SELECT lead_id FROM erasures WHERE erased_at IS NULL ORDER BY requested_at LIMIT $1',
      [limit],
    );
    return rows.map(({ lead_id }) => lead_id);
  }

  /** When the newest erasure was asked for after which the public entrance has not been cleared; milliseconds since the epoch. */
  async newestWithRemainder(query: Query): Promise<number | undefined> {
    const [row] = await query<{ at: number | null }>(
      `SELECT ceil(extract(epoch FROM max(requested_at)) * 1000)::float8 AS at FROM erasures WHERE inbound_cleared_at IS NULL`,
    );
    return row?.at ?? undefined;
  }

  /** @returns how many erasures this was for */
  async clearedInbound({ query, now }: UnitOfWork, requestedUntil: number): Promise<number> {
    const rows = await query(
      `UPDATE erasures SET inbound_cleared_at = to_timestamp($1::float8 / 1000)
       WHERE inbound_cleared_at IS NULL AND requested_at <= to_timestamp($2::float8 / 1000) RETURNING 1`,
      [now, requestedUntil],
    );
    return rows.length;
  }

  /** Every lead that holds one of these, the oldest first. */
  async leadsOf(query: Query, keys: readonly HashedKey[]): Promise<FoundLead[]> {
    return query<FoundLead>(
      `WITH wanted AS (SELECT * FROM unnest($1::text[], $2::bytea[]) AS wanted (kind, key))
       SELECT id AS "leadId", source_id AS source, received_at AS "receivedAt" FROM leads
       WHERE NOT erased AND id IN (
         SELECT lead_id FROM wanted JOIN identities USING (kind, key)
         UNION ALL SELECT lead_id FROM wanted JOIN further_identities USING (kind, key)
       ) ORDER BY received_at, id`,
      [keys.map(({ kind }) => kind), keys.map(({ key }) => key)],
    );
  }
}
