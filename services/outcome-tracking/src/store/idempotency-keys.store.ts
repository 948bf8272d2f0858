import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from '@fairlead/messaging';

@Injectable()
export class IdempotencyKeysStore {
  /**
   * Binds a caller's key to a request, in the transaction that answers it. A second request with the key waits here for
   * the first one's end.
   * @returns false when the key was used for another request
   */
  async bind({ query }: UnitOfWork, caller: string, key: string, request: Buffer): Promise<boolean> {
    const [row] = await query<{ same: boolean }>(
      `WITH forgotten AS (
         -- A day is longer than any client repeats a request. A few at a time, so that no request pays for a clean-up.
         DELETE FROM idempotency_keys WHERE (caller, key) IN (
           SELECT caller, key FROM idempotency_keys WHERE used_at < now() - interval '1 day' LIMIT 10
           FOR UPDATE SKIP LOCKED
         )
       )
       INSERT INTO idempotency_keys AS known (caller, key, request) VALUES ($1, $2, $3)
       ON CONFLICT (caller, key) DO UPDATE SET used_at = known.used_at RETURNING request = $3 AS same`,
      [caller, key, request],
    );
    return row?.same === true;
  }
}
