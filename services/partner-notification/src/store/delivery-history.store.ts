import { Injectable } from '@nestjs/common';
import type { Query } from '@fairlead/persistence';
import { ABOUT_NO_LEAD, subscribable } from '../delivery/webhook-events.js';

export const STATES = ['pending', 'delivered', 'failed', 'withheld'] as const;
export type DeliveryState = (typeof STATES)[number];

export const LISTED_TYPES = [...subscribable, ...ABOUT_NO_LEAD];

/** A place between two deliveries of an endpoint. Exact to the microsecond, as the database's times are. */
export interface Place {
  readonly micros: string;
  readonly sequence: string;
}

export interface DeliveryListed {
  readonly place: Place;
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  /** Null: it is about none, or about several. */
  readonly leadId: string | null;
  readonly state: DeliveryState;
  /** Why it is withheld: `endpoint-disabled`, or what the party's offer came to before it could be sent. */
  readonly reason: string | null;
  readonly createdAt: Date;
  readonly nextAttemptAt: Date | null;
  readonly resendOf: string | null;
  readonly resentAs: string | null;
  readonly attempts: readonly unknown[];
}

export interface Narrowing {
  readonly state?: DeliveryState | undefined;
  readonly type?: string | undefined;
  /** Milliseconds since the epoch, the first included and the second not. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** Fewer than these are looked up from the queue; of so many the newest deliveries have a page soon. */
const FEW_WAITING = 1_000;

/** With the types that are about no one lead as the first parameter. */
const COLUMNS = `d.id, d.event_id AS "eventId", d.event_type AS "eventType",
  CASE WHEN d.event_type <> ALL($1::text[]) THEN d.lead_id END AS "leadId",
  CASE WHEN q.sequence IS NOT NULL THEN 'pending' ELSE coalesce(d.undelivered, 'delivered') END AS state,
  CASE WHEN d.undelivered = 'withheld' THEN coalesce(d.withheld_because, 'endpoint-disabled') END AS reason,
  d.created_at AS "createdAt", q.due_at AS "nextAttemptAt",
  (SELECT id FROM deliveries other WHERE other.sequence = d.resend_of) AS "resendOf",
  (SELECT id FROM deliveries other WHERE other.sequence = d.resent_as) AS "resentAs",
  json_build_object('micros', (extract(epoch FROM d.created_at) * 1000000)::bigint::text, 'sequence', d.sequence::text) AS place,
  coalesce((SELECT json_agg(json_build_object('attempt', a.attempt, 'startedAt', a.started_at, 'durationMs', a.duration_ms,
              'status', a.status, 'failure', a.failure, 'excerpt', a.excerpt) ORDER BY a.claim)
            FROM attempts a WHERE a.sequence = d.sequence), '[]') AS attempts`;

const WITHIN = `
  (d.created_at, d.sequence) < (coalesce(timestamptz 'epoch' + $3::bigint * interval '1 microsecond', 'infinity'), $4::bigint)
  AND d.created_at >= coalesce(to_timestamp($5::float8 / 1000), '-infinity')
  AND d.created_at < coalesce(to_timestamp($6::float8 / 1000), 'infinity')`;

const PAGE = `
  WITH page AS MATERIALIZED (
    SELECT d.sequence FROM unnest($8::text[]) AS wanted (type) CROSS JOIN unnest($9::text[]) AS wanted_end (undelivered)
      CROSS JOIN LATERAL (
        SELECT d.sequence, d.created_at FROM deliveries d
        WHERE d.endpoint_key = $2 AND d.event_type = wanted.type AND coalesce(d.undelivered, '') = wanted_end.undelivered AND ${WITHIN}
          AND CASE $10::text
              WHEN 'pending' THEN EXISTS (SELECT FROM delivery_queue q WHERE q.sequence = d.sequence)
              WHEN 'delivered' THEN NOT EXISTS (SELECT FROM delivery_queue q WHERE q.sequence = d.sequence)
              ELSE true END
        ORDER BY d.created_at DESC, d.sequence DESC LIMIT $7
      ) d
    ORDER BY d.created_at DESC, d.sequence DESC LIMIT $7
  )
  SELECT ${COLUMNS} FROM page JOIN deliveries d ON d.sequence = page.sequence LEFT JOIN delivery_queue q ON q.sequence = d.sequence
  ORDER BY d.created_at DESC, d.sequence DESC`;

const PAGE_FROM_QUEUE = `
  SELECT ${COLUMNS} FROM delivery_queue q JOIN deliveries d ON d.sequence = q.sequence
  WHERE q.endpoint_key = $2 AND d.event_type = ANY($8::text[]) AND ${WITHIN}
  ORDER BY d.created_at DESC, d.sequence DESC LIMIT $7`;

/** What was sent to endpoints, and what was not. The party is part of each question, so that nobody can see another's. */
@Injectable()
export class DeliveryHistoryStore {
  async one(
    query: Query,
    { party, endpointId, id }: { readonly party: string; readonly endpointId: string; readonly id: string },
  ): Promise<DeliveryListed | undefined> {
    const [row] = await query<DeliveryListed>(
      `SELECT ${COLUMNS} FROM deliveries d LEFT JOIN delivery_queue q ON q.sequence = d.sequence
       WHERE d.id = $4 AND d.endpoint_key = (SELECT key FROM endpoints WHERE party = $2 AND id = $3)`,
      [ABOUT_NO_LEAD, party, endpointId, id],
    );
    return row;
  }

  /**
   * Newest first. Each type and end of deliveries has its own range in the index; of each the newest are taken, and of these the
   * newest. So whatever is asked for, no more rows are read than a page has, times the number of these.
   */
  async page(
    query: Query,
    endpointKey: string,
    {
      before,
      limit,
      state,
      type,
      since,
      until,
    }: Narrowing & { readonly before: Place | undefined; readonly limit: number },
  ): Promise<DeliveryListed[]> {
    const parameters = [
      ...[
        ABOUT_NO_LEAD,
        endpointKey,
        before?.micros ?? null,
        before?.sequence ?? 0,
        since ?? null,
        until ?? null,
        limit,
      ],
      type === undefined ? LISTED_TYPES : [type],
    ];
    if (state === 'pending' && (await this.#fewWait(query, endpointKey)))
      return query<DeliveryListed>(PAGE_FROM_QUEUE, parameters);
    return query<DeliveryListed>(PAGE, [
      ...parameters,
      state === undefined ? ['', 'failed', 'withheld'] : [endOf(state)],
      state ?? null,
    ]);
  }

  async #fewWait(query: Query, endpointKey: string): Promise<boolean> {
    const waiting = await query('SELECT FROM delivery_queue WHERE endpoint_key = $1 LIMIT $2', [
      endpointKey,
      FEW_WAITING,
    ]);
    return waiting.length < FEW_WAITING;
  }
}

/** As it stands in the row: that one waits, or arrived, stands elsewhere. */
function endOf(state: DeliveryState): string {
  return state === 'failed' || state === 'withheld' ? state : '';
}
