import { Injectable } from '@nestjs/common';
import type { Query } from '@fairlead/persistence';

export interface EndpointState {
  readonly party: string;
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly state: 'active' | 'failing' | 'disabled';
  readonly reason: string | null;
  readonly since: Date;
  readonly restingUntil: Date | null;
  readonly secrets: readonly { readonly createdAt: string; readonly expiresAt: string | null }[];
}

/** What a sender must know of an endpoint. Secrets as they are stored. */
export interface SendingRow {
  readonly key: string;
  readonly party: string;
  readonly id: string;
  readonly url: string;
  readonly state: 'active' | 'failing' | 'disabled';
  readonly reason: string | null;
  readonly version: string;
  /** Null when it has none, which only a damaged database explains. */
  readonly secrets: readonly { readonly id: string; readonly secret: string }[] | null;
}

export interface NewSecret {
  readonly id: string;
  readonly sealed: Buffer;
}

/** Why an endpoint fails that was never asked: no secret of it can be opened, so nothing can be signed. */
export const SECRET_UNREADABLE = 'secret-unreadable';

/** Two rotations within a day are a correction, a fourth is a loop: each secret that still signs makes the header longer. */
export const MAX_SECRETS = 4;

const COLUMNS = `party, id, url, events, state, reason, since,
  CASE WHEN resting_until > now() THEN resting_until END AS "restingUntil",
  (SELECT json_agg(json_build_object('createdAt', created_at, 'expiresAt', expires_at) ORDER BY created_at DESC)
   FROM endpoint_secrets WHERE endpoint_key = key AND (expires_at IS NULL OR expires_at > now())) AS secrets`;

@Injectable()
export class EndpointsStore {
  /** Makes the endpoint, or changes it; a disabled one is active again. The secret is kept for a new endpoint only. */
  async put(
    query: Query,
    endpoint: { party: string; id: string; url: string; events: readonly string[] },
    secret: NewSecret,
  ): Promise<{ created: boolean; key: string }> {
    const [row] = await query<{ key: string; version: string }>(
      `INSERT INTO endpoints (party, id, url, events) VALUES ($1, $2, $3, $4)
       ON CONFLICT (party, id) DO UPDATE SET url = excluded.url, events = excluded.events, version = endpoints.version + 1,
         state = 'active', reason = NULL, resting_until = NULL,
         since = CASE WHEN endpoints.state = 'active' THEN endpoints.since ELSE now() END
       RETURNING key, version`,
      [endpoint.party, endpoint.id, endpoint.url, endpoint.events],
    );
    if (!row) throw new Error('an upsert answers its row');
    const created = row.version === '1';
    if (created)
      await query('INSERT INTO endpoint_secrets (id, endpoint_key, secret) VALUES ($1, $2, $3)', [
        secret.id,
        row.key,
        secret.sealed,
      ]);
    else await this.#tryNow(query, row.key);
    return { created, key: row.key };
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

  async list(query: Query, party: string): Promise<EndpointState[]> {
    return query<EndpointState>(`SELECT ${COLUMNS} FROM endpoints WHERE party = $1 ORDER BY id`, [party]);
  }

  async count(query: Query, party: string): Promise<number> {
    const [row] = await query<{ count: number }>('SELECT count(*)::integer AS count FROM endpoints WHERE party = $1', [
      party,
    ]);
    return row?.count ?? 0;
  }

  /** Adds a secret; those before it go on signing for `overlapMs`. */
  async rotateSecret(
    query: Query,
    party: string,
    id: string,
    secret: NewSecret,
    overlapMs: number,
  ): Promise<{ readonly key: string } | 'unknown' | 'too-many'> {
    const [row] = await query<{ key: string }>(
      'UPDATE endpoints SET version = version + 1 WHERE party = $1 AND id = $2 RETURNING key',
      [party, id],
    );
    if (!row) return 'unknown';
    await query('DELETE FROM endpoint_secrets WHERE endpoint_key = $1 AND expires_at <= now()', [row.key]);
    const kept = await query(
      `UPDATE endpoint_secrets SET expires_at = coalesce(expires_at, now() + $2 * interval '1 ms')
       WHERE endpoint_key = $1 RETURNING id`,
      [row.key, overlapMs],
    );
    if (kept.length >= MAX_SECRETS) return 'too-many';
    await query('INSERT INTO endpoint_secrets (id, endpoint_key, secret) VALUES ($1, $2, $3)', [
      secret.id,
      row.key,
      secret.sealed,
    ]);
    return row;
  }

  /** For sending: the newest secret first. */
  async load(query: Query, keys: readonly string[]): Promise<SendingRow[]> {
    return query<SendingRow>(
      `SELECT key, party, id, url, state, reason, version,
         (SELECT json_agg(json_build_object('id', s.id, 'secret', encode(s.secret, 'base64')) ORDER BY s.created_at DESC)
          FROM endpoint_secrets s WHERE s.endpoint_key = key AND (s.expires_at IS NULL OR s.expires_at > now())) AS secrets
       FROM endpoints WHERE key = ANY($1::bigint[])`,
      [keys],
    );
  }

  /** What sending has shown: its server fails, or works again. A disabled endpoint stays as it is. */
  async noteHealth(query: Query, key: string, state: 'active' | 'failing', reason: string | null): Promise<void> {
    await query(
      `UPDATE endpoints SET state = $2, reason = $3, since = now() WHERE key = $1 AND state <> 'disabled' AND state <> $2`,
      [key, state, reason],
    );
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
      `UPDATE endpoints SET state = 'active', reason = NULL, since = now()
       WHERE key = ANY($1::bigint[]) AND state = 'failing' AND reason = $2`,
      [keys, SECRET_UNREADABLE],
    );
  }

  /** No more is sent to it until its party sets it up again. What was waiting is withheld: listed, but not sent. */
  async disable(query: Query, key: string, reason: string): Promise<void> {
    await query(
      `UPDATE endpoints SET state = 'disabled', reason = $2, since = now(), version = version + 1
       WHERE key = $1 AND state <> 'disabled'`,
      [key, reason],
    );
    await query(
      `WITH waiting AS (DELETE FROM delivery_queue WHERE endpoint_key = $1 RETURNING sequence)
       UPDATE deliveries SET undelivered = 'withheld', withheld_because = 'endpoint-disabled' FROM waiting WHERE deliveries.sequence = waiting.sequence`,
      [key],
    );
  }

  async rest(query: Query, key: string, restMs: number): Promise<void> {
    await query(
      `UPDATE endpoints SET resting_until = greatest(resting_until, now() + $2 * interval '1 ms') WHERE key = $1`,
      [key, restMs],
    );
  }
}
