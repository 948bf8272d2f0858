import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from '@fairlead/messaging';

/** A request that came with an Idempotency-Key. */
export interface KeyedRequest {
  /** Id of the API key: two callers may well choose the same word. */
  readonly caller: string;
  readonly key: string;
  /** SHA-256 of what is asked. */
  readonly request: Buffer;
}

@Injectable()
export class IdempotencyKeysStore {
  /**
   * Binds callers' keys to requests, in the transaction that answers these. Others that use the same key wait for its end.
   * @returns for each request whether it may go on: false when its key was used for another one
   */
  async bind({ query }: UnitOfWork, requests: readonly (KeyedRequest | undefined)[]): Promise<boolean[]> {
    const first = new Map<string, KeyedRequest>();
    for (const each of requests) if (each && !first.has(nameOf(each))) first.set(nameOf(each), each);
    if (first.size === 0) return requests.map(() => true);

    const keyed = [...first.values()];
    const rows = await query<KeyedRequest>(
      `WITH forgotten AS (
         -- A day is longer than any client repeats a request. A few at a time, so that no request pays for a clean-up.
         DELETE FROM idempotency_keys WHERE (caller, key) IN (
           SELECT caller, key FROM idempotency_keys WHERE used_at < now() - interval '1 day'
           LIMIT 10 + cardinality($1::text[]) FOR UPDATE SKIP LOCKED
         )
       )
       INSERT INTO idempotency_keys AS known (caller, key, request)
       SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[]) AS asked (caller, key, request) ORDER BY caller, key
       ON CONFLICT (caller, key) DO UPDATE SET used_at = known.used_at RETURNING caller, key, request`,
      [keyed.map(({ caller }) => caller), keyed.map(({ key }) => key), keyed.map(({ request }) => request)],
    );
    const bound = new Map(rows.map((row) => [nameOf(row), row.request]));
    return requests.map((each) => !each || bound.get(nameOf(each))?.equals(each.request) === true);
  }
}

function nameOf({ caller, key }: KeyedRequest): string {
  return `${caller} ${key}`;
}
