import { Injectable } from '@nestjs/common';
import type { IdentityKind, NearReason } from '@fairlead/decisions';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';
import type { NearKey } from '../intake/near-keys.js';
import type { Merge } from './merges.store.js';

export const decisionReasons = ['same-person', 'different-people', 'shared-contact', 'test-data', 'other'] as const;
export type DecisionReason = (typeof decisionReasons)[number];

export interface ProposedMerge {
  readonly id: string;
  readonly leadId: string;
  readonly otherId: string;
  readonly why: NearReason;
  readonly proposedAt: Date;
  readonly decision: 'accepted' | 'dismissed' | null;
}

const COLUMNS = `id, lead_id AS "leadId", other_id AS "otherId", why, proposed_at AS "proposedAt", decision`;
// A switchboard's number and a common name may be many people's: beyond twenty a key says nothing.
const PAIRS = `INSERT INTO proposed_merges (lead_id, other_id, why)
  SELECT DISTINCT ON (1, 2) least(own.lead_id, other.lead_id), greatest(own.lead_id, other.lead_id), own.why
  FROM near_keys own CROSS JOIN LATERAL (
    (SELECT lead_id FROM near_keys WHERE key = own.key AND lead_id <> own.lead_id LIMIT 20)
    UNION ALL
    SELECT lead_id FROM identities WHERE own.why = 'address' AND kind = 'email' AND key = own.key AND lead_id <> own.lead_id
  ) other
  JOIN leads ON leads.id = other.lead_id AND NOT leads.erased AND leads.absorbed_by IS NULL`;
const EACH_ONCE = 'ORDER BY 1, 2 ON CONFLICT (lead_id, other_id) DO NOTHING';

@Injectable()
export class ProposedMergesStore {
  /**
   * Compares leads that have not been compared yet, and proposes those that may be somebody else.
   * @returns how many were compared
   */
  async compare({ query }: UnitOfWork, limit: number): Promise<number> {
    const leads = await query<{ id: string }>(
      'SELECT id FROM leads WHERE near IS NOT NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED',
      [limit],
    );
    if (leads.length === 0) return 0;
    const ids = [leads.map(({ id }) => id)];
    await query(
      `INSERT INTO near_keys (key, lead_id, why)
       SELECT decode(near.key, 'base64'), leads.id, near.why
       FROM leads CROSS JOIN jsonb_to_recordset(leads.near) AS near (why text, key text)
       WHERE leads.id = ANY($1::uuid[]) AND NOT leads.erased
       ON CONFLICT DO NOTHING`,
      ids,
    );
    await query(`${PAIRS} WHERE own.lead_id = ANY($1::uuid[]) ${EACH_ONCE}`, ids);
    await query('UPDATE leads SET near = NULL WHERE id = ANY($1::uuid[])', ids);
    return leads.length;
  }

  /** Somebody whose address is what another one's was meant to be may have come later: the last of those are looked at again. */
  async compareAddresses({ query }: UnitOfWork, limit: number): Promise<void> {
    await query(
      `${PAIRS} WHERE own.why = 'address' AND (own.key, own.lead_id) IN (
         SELECT key, lead_id FROM near_keys JOIN leads ON leads.id = lead_id
         WHERE why = 'address' ORDER BY received_at DESC LIMIT $1) ${EACH_ONCE}`,
      [limit],
    );
  }

  /** Those that nobody has decided, the oldest first. */
  async open(query: Query, after: string | undefined, limit: number): Promise<ProposedMerge[]> {
    return query<ProposedMerge>(
      `SELECT ${COLUMNS} FROM proposed_merges WHERE decision IS NULL AND id > $1 ORDER BY id LIMIT $2`,
      [after ?? '0', limit],
    );
  }

  /** Locked until the unit ends: of two who decide, the second sees what the first decided. */
  async lock({ query }: UnitOfWork, id: string): Promise<ProposedMerge | undefined> {
    const [row] = await query<ProposedMerge>(`SELECT ${COLUMNS} FROM proposed_merges WHERE id = $1 FOR UPDATE`, [id]);
    return row;
  }

  async decide(
    { query, now }: UnitOfWork,
    id: string,
    decision: 'accepted' | 'dismissed',
    { reason, by }: { readonly reason: DecisionReason; readonly by: string },
  ): Promise<void> {
    await query(
      `UPDATE proposed_merges SET decision = $2, reason = $3, decided_by = $4, decided_at = to_timestamp($5::float8 / 1000)
       WHERE id = $1`,
      [id, decision, reason, by, now],
    );
  }

  /**
   * What led to the other lead leads to this one; whoever asks to be erased by it is erased in both. What was proposed of the other
   * lead is of this one now, or was decided with it.
   * @returns what led to the other lead, and by what it may be somebody else
   */
  async absorb({ query }: UnitOfWork, into: string, other: string): Promise<Pick<Merge, 'identities' | 'near'>> {
    await query(
      `INSERT INTO further_identities (kind, key, lead_id) SELECT kind, key, lead_id FROM identities WHERE lead_id = $1
       ON CONFLICT DO NOTHING`,
      [other],
    );
    const moved = await query<{ kind: IdentityKind; key: Buffer }>(
      'UPDATE identities SET lead_id = $1 WHERE lead_id = $2 RETURNING kind, key',
      [into, other],
    );
    const [{ near } = { near: null }] = await query<{ near: NearKey[] | null }>(
      'SELECT near FROM leads WHERE id = $1',
      [other],
    );
    await query('UPDATE leads SET absorbed_by = $1, near = NULL WHERE id = $2', [into, other]);
    const compared = await query<{ key: Buffer; why: NearReason }>(
      'DELETE FROM near_keys WHERE lead_id = $1 RETURNING key, why',
      [other],
    );
    await query('DELETE FROM proposed_merges WHERE decision IS NULL AND (lead_id = $1 OR other_id = $1)', [other]);
    return {
      identities: moved.map(({ kind, key }) => [kind, key.toString('base64')] as const),
      near: near ?? compared.map(({ key, why }) => ({ key: key.toString('base64'), why })),
    };
  }
}
