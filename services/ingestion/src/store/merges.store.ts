import { Injectable } from '@nestjs/common';
import type { IdentityKind } from '@fairlead/decisions';
import type { UnitOfWork } from '@fairlead/messaging';
import type { NearKey } from '../intake/near-keys.js';
import type { HeldLead } from './held-leads.store.js';
import type { KnownOfLead, StoredLead } from './leads.store.js';

/** What a merge of two leads changed. */
export interface Merge {
  readonly mergeEvent: string;
  readonly into: string;
  readonly absorbed: string;
  readonly changed: readonly string[];
  /** Of the survivor; null once either was erased. */
  readonly before: Pick<StoredLead, 'touches' | 'hasEmail' | 'known'> | null;
  readonly afterKnown: KnownOfLead | null;
  /** What led to the other one. */
  readonly identities: readonly (readonly [kind: IdentityKind, key: string])[];
  readonly near: readonly NearKey[];
  readonly held: HeldLead | null;
}

/** A merge as it can be undone, or not. */
export interface KeptMerge extends Merge {
  readonly isSplit: boolean;
  /** Whether nothing has come of the survivor since: neither was it sent again nor is anything known otherwise. */
  readonly isUntouched: boolean;
}

@Injectable()
export class MergesStore {
  async keep({ query, now }: UnitOfWork, merge: Merge): Promise<void> {
    await query(
      `INSERT INTO merges (merge_event, into_id, absorbed_id, merged_at, changed, before, after_known, identities, near, held)
       VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000), $5, $6, $7, $8, $9, $10)`,
      [
        ...[merge.mergeEvent, merge.into, merge.absorbed, now, merge.changed, JSON.stringify(merge.before)],
        ...[merge.afterKnown, merge.identities, merge.near, merge.held].map((value) => JSON.stringify(value)),
      ],
    );
  }

  /** The last merge that this lead was in, on either side. */
  async lastOf({ query }: Pick<UnitOfWork, 'query'>, leadId: string): Promise<KeptMerge | undefined> {
    const [row] = await query<KeptMerge>(
      `SELECT merge_event AS "mergeEvent", into_id AS into, absorbed_id AS absorbed, changed, before, after_known AS "afterKnown",
         identities, merges.near, held, split_at IS NOT NULL AS "isSplit",
         leads.known IS NOT DISTINCT FROM after_known AND leads.touches = (before ->> 'touches')::int + 1 AS "isUntouched"
       FROM merges JOIN leads ON leads.id = into_id
       WHERE split_at IS NULL AND merge_event IN (
         (SELECT merge_event FROM merges WHERE into_id = $1 AND split_at IS NULL ORDER BY merged_at DESC, merge_event LIMIT 1)
         UNION ALL
         (SELECT merge_event FROM merges WHERE absorbed_id = $1 AND split_at IS NULL ORDER BY merged_at DESC, merge_event LIMIT 1))
       ORDER BY merged_at DESC, merge_event LIMIT 1`,
      [leadId],
    );
    return row;
  }

  /**
   * Gives each of the two what it had; both are locked.
   * @returns whether everything that led to the other one still led to the survivor
   */
  async undo(
    { query, now }: UnitOfWork,
    { mergeEvent, into, absorbed, before, identities, near }: Merge,
    { reason, by }: { readonly reason: string; readonly by: string },
  ): Promise<boolean> {
    const keys = [identities.map(([kind]) => kind), identities.map(([, key]) => Buffer.from(key, 'base64'))];
    const moved = await query(
      `UPDATE identities SET lead_id = $4 FROM unnest($1::text[], $2::bytea[]) AS moved (kind, key)
       WHERE identities.kind = moved.kind AND identities.key = moved.key AND lead_id = $3 RETURNING 1`,
      [...keys, into, absorbed],
    );
    if (moved.length < identities.length) return false;
    await query(
      `DELETE FROM further_identities further USING unnest($1::text[], $2::bytea[]) AS own (kind, key)
       WHERE further.lead_id = $3 AND further.kind = own.kind AND further.key = own.key`,
      [...keys, absorbed],
    );
    await query(`UPDATE leads SET touches = $2, has_email = $3, known = $4, splits = splits + 1 WHERE id = $1`, [
      into,
      before?.touches,
      before?.hasEmail,
      before?.known ? JSON.stringify(before.known) : null,
    ]);
    // Compared once more, by a clock: it may be somebody who came since. This pair was decided, and is not proposed again.
    await query('UPDATE leads SET absorbed_by = NULL, splits = splits + 1, near = $2 WHERE id = $1', [
      absorbed,
      near.length > 0 ? JSON.stringify(near) : null,
    ]);
    await query(
      `UPDATE merges SET split_at = to_timestamp($2::float8 / 1000), split_by = $3, reason = $4, before = NULL, after_known = NULL,
         identities = NULL, near = NULL, held = NULL WHERE merge_event = $1`,
      [mergeEvent, now, by, reason],
    );
    return true;
  }
}
