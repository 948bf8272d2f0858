import { Injectable } from '@nestjs/common';
import type { Query } from '@fairlead/persistence';

/** `missed`: what failed, and what was withheld. */
export const REPLAYED = ['missed', 'failed', 'withheld', 'all'] as const;
export type Replayed = (typeof REPLAYED)[number];

/** What is to be sent again: milliseconds since the epoch, the first included and the second not. */
export interface Wanted {
  readonly since: number;
  readonly until: number;
  readonly state: Replayed;
  readonly types: readonly string[];
}

export interface Replay {
  readonly id: string;
  readonly since: Date;
  readonly until: Date;
  readonly state: Replayed;
  readonly types: readonly string[];
  readonly resends: number;
  readonly resent: number;
  readonly requestedAt: Date;
  readonly endedAt: Date | null;
}

/** A replay whose turn it is, locked until the end of the transaction. */
export interface ReplayTurn {
  readonly id: string;
  readonly endpointKey: string;
  readonly disabled: boolean;
  readonly left: number;
}

/** What one request can ask for. Whoever has missed more asks again, and the first of it has arrived by then. */
export const MAX_RESENDS = 100_000;

/**
 * A replay waits while so much waits for its endpoint: what happens meanwhile would have to wait behind all of it, and what is
 * lost when the endpoint is disabled again need not be replayed twice.
 */
const ENOUGH_WAITING = 2_000;

const COLUMNS = `id, since, until, state, types, resends, resent, requested_at AS "requestedAt", ended_at AS "endedAt"`;

/**
 * What of an endpoint's deliveries is to be sent again, oldest first, as in the list of them: by the ranges of its index.
 * What failed or was withheld, unless it has been sent again already; of what was withheld because its offer had ended, nothing,
 * because it would be again. `all` is what was to be sent in the first place, unless it waits, or what repeats it does.
 */
const CHOSEN = `
  SELECT d.sequence, d.id, d.created_at
  FROM unnest(r.types) AS wanted (type)
    CROSS JOIN unnest(CASE r.state WHEN 'all' THEN ARRAY['', 'failed', 'withheld'] WHEN 'missed' THEN ARRAY['failed', 'withheld']
                      ELSE ARRAY[r.state] END) AS wanted_end (undelivered)
    CROSS JOIN LATERAL (
      SELECT d.sequence, d.id, d.created_at FROM deliveries d
      WHERE d.endpoint_key = r.endpoint_key AND d.event_type = wanted.type AND coalesce(d.undelivered, '') = wanted_end.undelivered
        AND d.created_at >= r.since AND d.created_at < r.until AND (d.created_at, d.sequence) > (r.past_at, r.past_sequence)
        AND (d.withheld_because IS NULL OR d.withheld_because IN ('endpoint-disabled', 'consent-refused'))
        AND CASE WHEN r.state <> 'all' THEN d.resent_as IS NULL
            ELSE d.resend_of IS NULL AND NOT EXISTS (SELECT FROM delivery_queue q WHERE q.sequence IN (d.sequence, d.resent_as)) END
      ORDER BY d.created_at, d.sequence LIMIT $1
    ) d
  ORDER BY d.created_at, d.sequence LIMIT $1`;

/** Everything since a moment, sent again to one endpoint. */
@Injectable()
export class ReplaysStore {
  /** How many there are, as far as one request goes. */
  async count(query: Query, endpointKey: string, { since, until, state, types }: Wanted): Promise<number> {
    const [row] = await query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM (
         SELECT $2::bigint AS endpoint_key, to_timestamp($3::float8 / 1000) AS since, to_timestamp($4::float8 / 1000) AS until,
           $5::text AS state, $6::text[] AS types, timestamptz '-infinity' AS past_at, 0::bigint AS past_sequence
       ) r CROSS JOIN LATERAL (${CHOSEN}) chosen`,
      [MAX_RESENDS + 1, endpointKey, since, until, state, types],
    );
    return row?.count ?? 0;
  }

  async add(
    query: Query,
    endpointKey: string,
    {
      id,
      idempotencyKey,
      resends,
      since,
      until,
      state,
      types,
    }: Wanted & { readonly id: string; readonly idempotencyKey: string | undefined; readonly resends: number },
  ): Promise<void> {
    await query(
      `INSERT INTO replays (id, endpoint_key, idempotency_key, since, until, state, types, resends, ended_at)
       VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000), to_timestamp($5::float8 / 1000), $6, $7, $8, CASE WHEN $8 = 0 THEN now() END)`,
      [id, endpointKey, idempotencyKey ?? null, since, until, state, types, resends],
    );
  }

  async underWay(query: Query, endpointKey: string): Promise<Replay | undefined> {
    const [row] = await query<Replay>(`SELECT ${COLUMNS} FROM replays WHERE endpoint_key = $1 AND ended_at IS NULL`, [
      endpointKey,
    ]);
    return row;
  }

  async calledBy(query: Query, endpointKey: string, idempotencyKey: string): Promise<Replay | undefined> {
    const [row] = await query<Replay>(
      `SELECT ${COLUMNS} FROM replays WHERE endpoint_key = $1 AND idempotency_key = $2`,
      [endpointKey, idempotencyKey],
    );
    return row;
  }

  async areAnyUnderWay(query: Query): Promise<boolean> {
    return (await query('SELECT FROM replays WHERE ended_at IS NULL LIMIT 1')).length > 0;
  }

  async find(
    query: Query,
    { party, endpointId, id }: { readonly party: string; readonly endpointId: string; readonly id: string },
  ): Promise<Replay | undefined> {
    const [row] = await query<Replay>(
      `SELECT ${COLUMNS} FROM replays WHERE id = $3 AND endpoint_key = (SELECT key FROM endpoints WHERE party = $1 AND id = $2)`,
      [party, endpointId, id],
    );
    return row;
  }

  /**
   * The replay that has waited longest for its turn, and whose endpoint has room. The endpoint cannot be disabled, nor its order
   * changed, before the transaction is over.
   */
  async take(query: Query): Promise<ReplayTurn | undefined> {
    const [row] = await query<ReplayTurn>(
      `SELECT r.id, r.endpoint_key AS "endpointKey", e.state = 'disabled' AS disabled, r.resends - r.resent AS left
       FROM replays r JOIN endpoints e ON e.key = r.endpoint_key
       WHERE r.ended_at IS NULL AND (e.state = 'disabled' OR
         (SELECT count(*) FROM (SELECT FROM delivery_queue q WHERE q.endpoint_key = r.endpoint_key LIMIT $1) waiting) < $1)
       ORDER BY r.looked_at LIMIT 1 FOR UPDATE OF r SKIP LOCKED FOR SHARE OF e`,
      [ENOUGH_WAITING],
    );
    return row;
  }

  /** The next ones of a replay, from where it was. */
  async next(
    query: Query,
    id: string,
    limit: number,
  ): Promise<{ readonly sequence: string; readonly id: string; readonly createdAt: string }[]> {
    return query(
      `SELECT chosen.sequence, chosen.id, chosen.created_at::text AS "createdAt"
       FROM replays r CROSS JOIN LATERAL (${CHOSEN}) chosen
       WHERE r.id = $2 ORDER BY chosen.created_at, chosen.sequence`,
      [limit, id],
    );
  }

  async moveOn(
    query: Query,
    id: string,
    last: { readonly sequence: string; readonly createdAt: string } | undefined,
    resent: number,
    isOver: boolean,
  ): Promise<void> {
    await query(
      `UPDATE replays SET past_at = coalesce($2::timestamptz, past_at), past_sequence = coalesce($3::bigint, past_sequence),
         resent = resent + $4, looked_at = clock_timestamp(), ended_at = CASE WHEN $5 THEN now() END
       WHERE id = $1`,
      [id, last?.createdAt ?? null, last?.sequence ?? null, resent, isOver],
    );
  }

  /** Those that ended so long ago: few, because they are asked for by people. */
  async forget(query: Query, keptMs: number): Promise<void> {
    await query(`DELETE FROM replays WHERE ended_at < now() - $1 * interval '1 ms'`, [keptMs]);
  }
}
