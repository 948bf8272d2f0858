import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import type { Query } from '@fairlead/persistence';
import { hashedKeys } from '../intake/hashed-keys.js';
import type { HashedKey } from '../intake/rows.js';

/** No tool takes a word about an older click. */
export const CLICK_DAYS = 90;

/** By which click on an ad leads came. */
@Injectable()
export class ClicksStore {
  constructor(private readonly personalData: PersonalData) {}

  /** @param keys  of the lead; of one that its source has no name for, nothing can be told, and nothing is kept */
  async note({ query }: Pick<UnitOfWork, 'query'>, keys: readonly HashedKey[], clickId: string): Promise<void> {
    const named = keys.find(({ kind }) => kind === 'externalId');
    if (!named) return;
    await query(
      `INSERT INTO clicks (key, click_id) VALUES ($1, $2)
       ON CONFLICT (key) DO UPDATE SET click_id = excluded.click_id, came_at = now()`,
      [named.key, clickId],
    );
  }

  /** @returns the clicks by what their source calls the leads; whoever came by none, or too long ago, is not among them */
  async of(query: Query, sourceId: string, externalIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const named = new Map(
      externalIds.flatMap((externalId) =>
        hashedKeys({ sourceId, externalId, contact: {} }, this.personalData).map(({ key }): [string, string] => [
          key.toString('base64'),
          externalId,
        ]),
      ),
    );
    const rows = await query<{ key: Buffer; clickId: string }>(
      `SELECT key, click_id AS "clickId" FROM clicks
       WHERE key = ANY($1::bytea[]) AND came_at > now() - make_interval(days => $2)`,
      [[...named.keys()].map((key) => Buffer.from(key, 'base64')), CLICK_DAYS],
    );
    return new Map(rows.map(({ key, clickId }) => [named.get(key.toString('base64')) as string, clickId]));
  }

  /** @returns how many were dropped */
  async dropOld(query: Query, limit: number): Promise<number> {
    const rows = await query(
      `DELETE FROM clicks WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM clicks WHERE came_at < now() - make_interval(days => $2) ORDER BY came_at LIMIT $1
         FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      [limit, CLICK_DAYS],
    );
    return rows.length;
  }
}
