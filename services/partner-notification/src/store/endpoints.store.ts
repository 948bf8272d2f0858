import { Injectable } from '@nestjs/common';
import type { Query } from '@fairlead/persistence';
import { FIRST_PROBE_MS, MAX_PROBE_MS, OUTAGE_MS, PROBES_BEFORE_DISABLING } from '../delivery/breaker.js';
import type { EndpointFilter } from '../delivery/endpoint-filter.js';
import type { Kind } from '../doors/door.js';
import { TEST_EVENT } from '../delivery/webhook-events.js';

/** What a party says of its endpoint each time that it sets it up. */
export interface EndpointDocument {
  readonly party: string;
  readonly id: string;
  readonly kind: Kind;
  /** Of a webhook; null for any other, whose address is sealed. */
  readonly url: string | null;
  readonly events: readonly string[];
  readonly filter: EndpointFilter | null;
  /** At once, and below what the whole service allows each endpoint. */
  readonly concurrency: number | null;
  readonly perSecond: number | null;
  readonly strictOrder: boolean;
}

export interface EndpointState extends EndpointDocument {
  /** Of a digest: when it is sent. */
  readonly digest: { readonly at: string | null; readonly zone: string; readonly next: string } | null;
  /** Sealed, in base64; null for a webhook. */
  readonly address: string | null;
  readonly headerNames: readonly string[];
  readonly state: 'active' | 'failing' | 'disabled';
  readonly reason: string | null;
  readonly since: Date;
  readonly restingUntil: Date | null;
  readonly secrets: readonly { readonly createdAt: string; readonly expiresAt: string | null }[];
  readonly publicKeys: readonly {
    readonly key: string;
    readonly createdAt: string;
    readonly expiresAt: string | null;
  }[];
}

/** What a sender must know of an endpoint. Secrets as they are stored, in base64. */
export interface SendingRow {
  readonly key: string;
  readonly party: string;
  readonly id: string;
  readonly kind: Kind;
  readonly url: string | null;
  /** Sealed. */
  readonly address: string | null;
  readonly headers: string | null;
  readonly concurrency: number | null;
  readonly perSecond: number | null;
  readonly strictOrder: boolean;
  readonly state: 'active' | 'failing' | 'disabled';
  readonly reason: string | null;
  readonly version: string;
  /** Null when it has none: it is no webhook, or the database is damaged. */
  readonly secrets: readonly { readonly id: string; readonly secret: string; readonly scheme: Scheme }[] | null;
}

/** How a webhook is signed: by a secret that its party has too, or by an Ed25519 key of which it has the public half. */
export type Scheme = 'v1' | 'v1a';

export type NewKey = { readonly id: string; readonly sealed: Buffer } & (
  { readonly scheme: 'v1' } | { readonly scheme: 'v1a'; readonly publicKey: string }
);

export interface LockedEndpoint {
  readonly key: string;
  readonly kind: Kind;
  readonly url: string | null;
  readonly headerNames: readonly string[];
  readonly events: readonly string[];
  readonly state: EndpointState['state'];
}

export interface SealedHeaders {
  readonly names: readonly string[];
  /** Null: none. */
  readonly sealed: Buffer | null;
}

/** Why an endpoint fails that was never asked: no secret of it can be opened, so nothing can be signed. */
export const SECRET_UNREADABLE = 'secret-unreadable';

/** Two rotations within a day are a correction, a fourth is a loop: each key that still signs makes the header longer. */
export const MAX_SECRETS = 4;

const COLUMNS = `(SELECT json_build_object('at', to_char(at, 'HH24:MI'), 'zone', zone, 'next', due_at) FROM digests WHERE endpoint_key = key) AS digest,
  party, id, kind, url, encode(address, 'base64') AS address, events, filter, header_names AS "headerNames", concurrency, per_second AS "perSecond",
  strict_order AS "strictOrder", state, reason, since, CASE WHEN resting_until > now() THEN resting_until END AS "restingUntil",
  coalesce((SELECT json_agg(json_build_object('createdAt', created_at, 'expiresAt', expires_at) ORDER BY created_at DESC)
   FROM endpoint_secrets WHERE endpoint_key = key AND scheme = 'v1' AND (expires_at IS NULL OR expires_at > now())), '[]') AS secrets,
  coalesce((SELECT json_agg(json_build_object('key', public_key, 'createdAt', created_at, 'expiresAt', expires_at) ORDER BY created_at DESC)
   FROM endpoint_secrets WHERE endpoint_key = key AND scheme = 'v1a' AND (expires_at IS NULL OR expires_at > now())), '[]') AS "publicKeys"`;

/** What the encryption of an endpoint's headers is bound to, so that they cannot be exchanged between rows. */
export function headersId({ party, id }: { readonly party: string; readonly id: string }): string {
  return `headers of ${party}/${id}`;
}

/** The same of an address that is no server's. */
export function addressId({ party, id }: { readonly party: string; readonly id: string }): string {
  return `address of ${party}/${id}`;
}

/** The line of everything that is sent to an endpoint in strict order. No lead has this id. */
export const ONE_LINE = '00000000-0000-0000-0000-000000000000';

@Injectable()
export class EndpointsStore {
  /**
   * Makes the endpoint, or changes it; a disabled one is active again. Its headers stay as they are when none are given.
   * A new one needs a key to sign with: `addKey`.
   */
  async put(
    query: Query,
    { party, id, kind, url, events, filter, concurrency, perSecond, strictOrder }: EndpointDocument,
    headers: SealedHeaders | undefined,
    address: Buffer | null,
  ): Promise<{ created: boolean; key: string }> {
    const [row] = await query<{ key: string; version: string }>(
      `INSERT INTO endpoints (party, id, url, events, filter, concurrency, per_second, strict_order, header_names, headers, kind, address)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9::text[], '{}'), $10, $11, $12)
       ON CONFLICT (party, id) DO UPDATE SET url = excluded.url, address = excluded.address, events = excluded.events, filter = excluded.filter,
         concurrency = excluded.concurrency, per_second = excluded.per_second, strict_order = excluded.strict_order,
         header_names = CASE WHEN $9::text[] IS NULL THEN endpoints.header_names ELSE excluded.header_names END,
         headers = CASE WHEN $9::text[] IS NULL THEN endpoints.headers ELSE excluded.headers END,
         version = endpoints.version + 1, state = 'active', reason = NULL, resting_until = NULL, booked_until = NULL,
         probe_at = NULL, probes = 0,
         since = CASE WHEN endpoints.state = 'active' THEN endpoints.since ELSE now() END
       RETURNING key, version`,
      [
        ...[party, id, url, events, filter && JSON.stringify(filter), concurrency, perSecond, strictOrder],
        ...[headers?.names ?? null, headers?.sealed ?? null, kind, address],
      ],
    );
    if (!row) throw new Error('an upsert answers its row');
    const created = row.version === '1';
    if (!created) {
      await this.#standInLine(query, row.key, strictOrder);
      await this.#tryNow(query, row.key);
    }
    return { created, key: row.key };
  }

  /** What it is now, until the end of the transaction. */
  async lock(query: Query, party: string, id: string): Promise<LockedEndpoint | undefined> {
    const [row] = await query<LockedEndpoint>(
      `SELECT key, kind, url, header_names AS "headerNames", events, state FROM endpoints WHERE party = $1 AND id = $2 FOR UPDATE`,
      [party, id],
    );
    return row;
  }

  /**
   * Held for a change to come, until the end of the transaction, and in the order of their keys. Whoever changes an endpoint and what waits
   * for it has the endpoint first: in the other order each of two could wait for what the other holds.
   */
  async hold(query: Query, keys: readonly string[]): Promise<void> {
    await query('SELECT FROM endpoints WHERE key = ANY($1::bigint[]) ORDER BY key FOR NO KEY UPDATE', [keys]);
  }

  /**
   * What waits changes its order with its endpoint. A delivery that another transaction makes at this very moment keeps the order that
   * was: it was made before anybody could have been told of the new one.
   */
  async #standInLine(query: Query, key: string, strictOrder: boolean): Promise<void> {
    await query(
      `UPDATE delivery_queue q SET line = CASE WHEN $2 THEN $3::uuid ELSE d.lead_id END
       FROM deliveries d WHERE q.endpoint_key = $1 AND d.sequence = q.sequence AND d.event_type <> $4
         AND q.line <> CASE WHEN $2 THEN $3::uuid ELSE d.lead_id END`,
      [key, strictOrder, ONE_LINE, TEST_EVENT],
    );
  }

  /** What failed before is tried at once: whoever sets up an endpoint anew has mended something, and waits to see it work. */
  async #tryNow(query: Query, key: string): Promise<void> {
    await query('UPDATE delivery_queue SET due_at = now() WHERE endpoint_key = $1 AND due_at > now()', [key]);
  }

  async get(query: Query, party: string, id: string): Promise<EndpointState | undefined> {
    const [row] = await query<EndpointState>(`SELECT ${COLUMNS} FROM endpoints WHERE party = $1 AND id = $2`, [
      party,
      id,
    ]);
    return row;
  }

  async keyOf(query: Query, party: string, id: string): Promise<string | undefined> {
    const [row] = await query<{ key: string }>('SELECT key FROM endpoints WHERE party = $1 AND id = $2', [party, id]);
    return row?.key;
  }

  async list(query: Query, party: string): Promise<EndpointState[]> {
    return query<EndpointState>(`SELECT ${COLUMNS} FROM endpoints WHERE party = $1 ORDER BY id`, [party]);
  }

  async count(query: Query, party: string): Promise<number> {
    const [row] = await query<{ count: number }>('SELECT count(*)::integer AS count FROM endpoints WHERE party = $1', [
      party,
    ]);
    return row?.count ?? 0;
  }

  /** Adds a key; those of its scheme before it go on signing for `overlapMs`. */
  async rotate(
    query: Query,
    party: string,
    id: string,
    key: NewKey,
    overlapMs: number,
  ): Promise<{ readonly key: string } | 'unknown' | 'too-many'> {
    const [row] = await query<{ key: string }>(
      'UPDATE endpoints SET version = version + 1 WHERE party = $1 AND id = $2 RETURNING key',
      [party, id],
    );
    if (!row) return 'unknown';
    await query('DELETE FROM endpoint_secrets WHERE endpoint_key = $1 AND expires_at <= now()', [row.key]);
    const kept = await query(
      `UPDATE endpoint_secrets SET expires_at = coalesce(expires_at, now() + $3 * interval '1 ms')
       WHERE endpoint_key = $1 AND scheme = $2 RETURNING id`,
      [row.key, key.scheme, overlapMs],
    );
    if (kept.length >= MAX_SECRETS) return 'too-many';
    await this.addKey(query, row.key, key);
    return row;
  }

  async addKey(query: Query, endpointKey: string, key: NewKey): Promise<void> {
    await query(
      'INSERT INTO endpoint_secrets (id, endpoint_key, scheme, public_key, secret) VALUES ($1, $2, $3, $4, $5)',
      [key.id, endpointKey, key.scheme, key.scheme === 'v1a' ? key.publicKey : null, key.sealed],
    );
  }

  /** From now on it is not signed with keys of this scheme, not even for an overlap: whoever asks for that verifies by another. */
  async dropKeys(query: Query, endpointKey: string, scheme: Scheme): Promise<void> {
    await query('DELETE FROM endpoint_secrets WHERE endpoint_key = $1 AND scheme = $2', [endpointKey, scheme]);
  }

  async hasKey(query: Query, endpointKey: string, scheme: Scheme): Promise<boolean> {
    const rows = await query(
      'SELECT FROM endpoint_secrets WHERE endpoint_key = $1 AND scheme = $2 AND expires_at IS NULL',
      [endpointKey, scheme],
    );
    return rows.length > 0;
  }

  /** For sending: secrets before keys, and of each the newest first. */
  async load(query: Query, keys: readonly string[]): Promise<SendingRow[]> {
    return query<SendingRow>(
      `SELECT key, party, id, kind, url, encode(address, 'base64') AS address, encode(headers, 'base64') AS headers, concurrency, per_second AS "perSecond",
         strict_order AS "strictOrder", state, reason, version,
         (SELECT json_agg(json_build_object('id', s.id, 'scheme', s.scheme, 'secret', encode(s.secret, 'base64'))
                          ORDER BY s.scheme, s.created_at DESC)
          FROM endpoint_secrets s WHERE s.endpoint_key = key AND (s.expires_at IS NULL OR s.expires_at > now())) AS secrets
       FROM endpoints WHERE key = ANY($1::bigint[])`,
      [keys],
    );
  }

  /** From now on it is asked with one webhook at a time. A disabled endpoint stays as it is. */
  async noteFailing(query: Query, key: string, reason: string, scale: number): Promise<void> {
    await query(
      `UPDATE endpoints SET state = 'failing', reason = $2, since = now(), probe_at = now() + $3 * interval '1 ms', probes = 0
       WHERE key = $1 AND state = 'active'`,
      [key, reason, FIRST_PROBE_MS * scale],
    );
  }

  /**
   * Its server has taken something. What it failed to take before is due at once when that was a real outage.
   * @returns whether it failed before
   */
  async noteWorking(query: Query, key: string): Promise<boolean> {
    const [row] = await query<{ outage: boolean }>(
      `UPDATE endpoints SET state = 'active', reason = NULL, since = now(), probe_at = NULL, probes = 0
       FROM (SELECT key, since FROM endpoints WHERE key = $1) before
       WHERE endpoints.key = before.key AND state = 'failing'
       RETURNING before.since <= now() - $2 * interval '1 ms' AS outage`,
      [key, OUTAGE_MS],
    );
    if (row?.outage) await this.#tryNow(query, key);
    return row !== undefined;
  }

  /**
   * The one that was sent to see whether it still fails has failed. The pauses grow, ±10 %: what fell ill together is not asked together.
   * @returns when the next one may be sent, and whether it has failed for so long that there is no sense in it
   */
  async noteProbe(
    query: Query,
    key: string,
    scale: number,
    disableAfterMs: number,
  ): Promise<{ readonly probeInMs: number | undefined; readonly tooLong: boolean }> {
    const [row] = await query<{ probeInMs: number; tooLong: boolean }>(
      `UPDATE endpoints SET probes = probes + 1,
         probe_at = now() + least($3, $2 * power(2, least(probes + 1, 20))) * (0.9 + 0.2 * random()) * $4 * interval '1 ms'
       WHERE key = $1 AND probe_at IS NOT NULL
       RETURNING (extract(epoch FROM probe_at - now()) * 1000)::float8 AS "probeInMs",
         probes >= $5 AND since <= now() - $6 * interval '1 ms' AS "tooLong"`,
      [key, FIRST_PROBE_MS, MAX_PROBE_MS, scale, PROBES_BEFORE_DISABLING, disableAfterMs],
    );
    return { probeInMs: row?.probeInMs, tooLong: row?.tooLong ?? false };
  }

  /** Of those that fail: the next webhook may be sent now, to see whether they still do. */
  async probeNow(query: Query, keys: readonly string[]): Promise<void> {
    await query('UPDATE endpoints SET probe_at = now() WHERE key = ANY($1::bigint[]) AND probe_at > now()', [keys]);
  }

  /** Whatever it failed for before: this is what somebody has to mend now. */
  async noteUnreadable(query: Query, keys: readonly string[]): Promise<void> {
    await query(
      `UPDATE endpoints SET state = 'failing', reason = $2, since = now()
       WHERE key = ANY($1::bigint[]) AND state <> 'disabled' AND reason IS DISTINCT FROM $2`,
      [keys, SECRET_UNREADABLE],
    );
  }

  async noteReadable(query: Query, keys: readonly string[]): Promise<void> {
    await query(
      `UPDATE endpoints SET state = 'active', reason = NULL, since = now(), probe_at = NULL, probes = 0
       WHERE key = ANY($1::bigint[]) AND state = 'failing' AND reason = $2`,
      [keys, SECRET_UNREADABLE],
    );
  }

  /**
   * No more is sent to it until its party sets it up again. What was waiting is withheld: listed, but not sent.
   * @returns undefined when it was disabled already
   */
  async disable(
    query: Query,
    key: string,
    reason: string,
  ): Promise<{ readonly failingSince: Date | null; readonly withheld: number } | undefined> {
    const [row] = await query<{ failingSince: Date | null }>(
      `UPDATE endpoints SET state = 'disabled', reason = $2, since = now(), version = version + 1, probe_at = NULL, probes = 0
       FROM (SELECT key, CASE WHEN state = 'failing' THEN since END AS since FROM endpoints WHERE key = $1) before
       WHERE endpoints.key = before.key AND state <> 'disabled'
       RETURNING before.since AS "failingSince"`,
      [key, reason],
    );
    if (!row) return undefined;
    const withheld = await query(
      `WITH waiting AS (DELETE FROM delivery_queue WHERE endpoint_key = $1 RETURNING sequence)
       UPDATE deliveries SET undelivered = 'withheld', withheld_because = 'endpoint-disabled' FROM waiting
       WHERE deliveries.sequence = waiting.sequence RETURNING 1`,
      [key],
    );
    return { failingSince: row.failingSince, withheld: withheld.length };
  }

  async rest(query: Query, key: string, restMs: number): Promise<void> {
    await query(
      `UPDATE endpoints SET resting_until = greatest(resting_until, now() + $2 * interval '1 ms') WHERE key = $1`,
      [key, restMs],
    );
  }
}
