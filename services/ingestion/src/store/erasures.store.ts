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
  readonly erased: boolean;
}

/** Of these leads the one that each is one with in the end, and whatever is one with that, by whichever way. */
const PERSON = `WITH RECURSIVE way_up AS (
  SELECT id, absorbed_by FROM leads WHERE id = ANY($1::uuid[])
  UNION SELECT leads.id, leads.absorbed_by FROM way_up JOIN leads ON leads.id = way_up.absorbed_by
), survivor AS (
  SELECT id FROM way_up WHERE absorbed_by IS NULL
), person AS (
  SELECT id FROM survivor UNION SELECT leads.id FROM person JOIN leads ON leads.absorbed_by = person.id
)`;

const COLUMNS = `lead_id AS "leadId", reason, requested_by AS "requestedBy",
  round(extract(epoch FROM requested_at) * 1000)::float8 AS "requestedAt",
  round(extract(epoch FROM erased_at) * 1000)::float8 AS "erasedAt"`;

@Injectable()
export class ErasuresStore {
  /**
   * Writes down that a lead is to be erased, with every other that a person decided is the same somebody's, and takes out of this schema
   * whatever leads to that somebody: by what the leads are found, and what is held of them, so that they go on no more. Of several
   * requests for a lead the first one counts.
   * @returns the lead's own first; none when there is no such lead
   */
  async begin(
    { query, now }: UnitOfWork,
    { leadId, reason, requestedBy }: Pick<Erasure, 'leadId' | 'reason' | 'requestedBy'>,
  ): Promise<Erasure[]> {
    // First, and in the order in which intake takes its locks, the survivor and then those that are one with it: what is under way about
    // these leads is then committed and seen below, and what comes later sees that they are erased.
    await query(`${PERSON} SELECT 1 FROM leads JOIN survivor USING (id) ORDER BY id FOR UPDATE OF leads`, [[leadId]]);
    const locked = await query<{ id: string }>(
      `${PERSON} SELECT id FROM leads JOIN person USING (id) ORDER BY id FOR UPDATE OF leads`,
      [[leadId]],
    );
    if (locked.length === 0) return [];
    const ids = [locked.map(({ id }) => id)];
    await query('UPDATE leads SET erased = true, known = NULL, near = NULL WHERE id = ANY($1::uuid[])', ids);
    // Before the identities: whoever supplies something for a held lead claims those, and then finds it gone, or was first.
    await query('DELETE FROM held_leads WHERE lead_id = ANY($1::uuid[])', ids);
    await query(
      `DELETE FROM clicks
       WHERE key IN (SELECT key FROM identities WHERE kind = 'externalId' AND lead_id = ANY($1::uuid[]))`,
      ids,
    );
    await query('DELETE FROM identities WHERE lead_id = ANY($1::uuid[])', ids);
    await query('DELETE FROM further_identities WHERE lead_id = ANY($1::uuid[])', ids);
    await query('DELETE FROM near_keys WHERE lead_id = ANY($1::uuid[])', ids);
    await query(
      `UPDATE merges SET before = NULL, after_known = NULL, identities = NULL, near = NULL, held = NULL
       WHERE into_id = ANY($1::uuid[]) OR absorbed_id = ANY($1::uuid[])`,
      ids,
    );
    await query(
      `DELETE FROM proposed_merges
       WHERE decision IS NULL AND (lead_id = ANY($1::uuid[]) OR other_id = ANY($1::uuid[]))`,
      ids,
    );
    await query(
      `INSERT INTO erasures (lead_id, reason, requested_by, requested_at)
       SELECT lead_id, $2, $3, to_timestamp($4::float8 / 1000) FROM unnest($1::uuid[]) AS asked (lead_id)
       ON CONFLICT DO NOTHING`,
      [...ids, reason, requestedBy, now],
    );
    return query<Erasure>(
      `SELECT ${COLUMNS} FROM erasures WHERE lead_id = ANY($1::uuid[]) ORDER BY lead_id <> $2, lead_id`,
      [...ids, leadId],
    );
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

  /** Every lead of whoever holds one of these, the oldest first, but for what is erased. */
  async leadsOf(query: Query, keys: readonly HashedKey[]): Promise<FoundLead[]> {
    const holders = await query<{ lead_id: string }>(
      `WITH wanted AS (SELECT * FROM unnest($1::text[], $2::bytea[]) AS wanted (kind, key))
       SELECT lead_id FROM wanted JOIN identities USING (kind, key)
       UNION SELECT lead_id FROM wanted JOIN further_identities USING (kind, key)`,
      [keys.map(({ kind }) => kind), keys.map(({ key }) => key)],
    );
    const found = await this.personOf(
      query,
      holders.map(({ lead_id }) => lead_id),
    );
    return found.filter(({ erased }) => !erased);
  }

  /** The leads themselves, and all that are one with them, the oldest first. */
  async personOf(query: Query, ids: readonly string[]): Promise<FoundLead[]> {
    return query<FoundLead>(
      `${PERSON} SELECT id AS "leadId", source_id AS source, received_at AS "receivedAt", erased
       FROM leads JOIN person USING (id) ORDER BY received_at, id`,
      [ids],
    );
  }
}
