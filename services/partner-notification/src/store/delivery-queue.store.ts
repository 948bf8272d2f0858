import { Injectable } from '@nestjs/common';
import type { Query } from '@fairlead/persistence';
import type { DueDelivery } from '../delivery/webhook.js';

export interface Claim extends DueDelivery {
  readonly sequence: string;
  readonly claim: number;
  readonly endpointKey: string;
  /** Of the endpoint, at the moment of the claim. */
  readonly version: string;
  /** Made before this one. */
  readonly attempts: number;
}

/** What came of an attempt: settled one way or the other, or to be tried again. */
export interface AttemptResult {
  readonly sequence: string;
  readonly claim: number;
  readonly attempt: number;
  readonly leadId: string;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly status: number | undefined;
  readonly failure: string | undefined;
  readonly excerpt: string | undefined;
  readonly outcome: 'delivered' | 'failed' | 'retry';
  readonly retryInMs: number | undefined;
}

/** What is yet to be sent. All times are the database's, the one clock that every sender shares. */
@Injectable()
export class DeliveryQueueStore {
  /**
   * Leases what is due, up to a quota for each endpoint: a long queue of one must not stand before another's. Of one lead and endpoint
   * only the earliest is given out; whatever follows waits until that one is settled.
   */
  async claim(
    query: Query,
    wanted: readonly { readonly endpointKey: string; readonly quota: number }[],
    leaseMs: number,
  ): Promise<Claim[]> {
    return query<Claim>(
      // `= ANY (ARRAY (…))` and not a join: the planner cannot know how few rows `due` has, and would read whole tables.
      `WITH due AS (
         SELECT q.sequence
         FROM unnest($1::bigint[], $2::integer[]) AS wanted (endpoint_key, quota)
         JOIN endpoints e ON e.key = wanted.endpoint_key AND e.state <> 'disabled'
           AND (e.resting_until IS NULL OR e.resting_until <= now())
         CROSS JOIN LATERAL (
           SELECT sequence FROM delivery_queue due
           WHERE due.endpoint_key = wanted.endpoint_key AND due.due_at <= now()
             AND (due.leased_until IS NULL OR due.leased_until <= now())
             AND NOT EXISTS (
               SELECT FROM delivery_queue earlier WHERE earlier.lead_id = due.lead_id
                 AND earlier.endpoint_key = due.endpoint_key AND earlier.sequence < due.sequence)
           ORDER BY due.due_at, due.sequence LIMIT wanted.quota FOR UPDATE SKIP LOCKED
         ) q
       ), leased AS (
         UPDATE delivery_queue SET leased_until = now() + $3 * interval '1 ms', claims = claims + 1
         WHERE sequence = ANY (ARRAY (SELECT sequence FROM due))
         RETURNING sequence, claims, attempts
       )
       SELECT leased.sequence, leased.claims AS claim, leased.attempts, e.version, d.endpoint_key AS "endpointKey",
         d.id, d.event_id AS "eventId", d.event_type AS "eventType", d.lead_id AS "leadId", d.traceparent,
         d.event::text AS event, l.state AS "leadState", l.grade, l.score, l.facts::text AS facts,
         l.contributions::text AS contributions,
         CASE WHEN d.with_contact THEN l.contact END AS contact, l.contact_event AS "contactEvent"
       FROM leased JOIN deliveries d ON d.sequence = leased.sequence JOIN endpoints e ON e.key = d.endpoint_key
         LEFT JOIN leads l ON l.lead_id = d.lead_id
       ORDER BY leased.sequence`,
      [wanted.map(({ endpointKey }) => endpointKey), wanted.map(({ quota }) => quota), leaseMs],
    );
  }

  /** Gives back what was claimed and not sent, so that nobody has to wait for the lease to run out. */
  async release(query: Query, claims: readonly Pick<Claim, 'sequence' | 'claim'>[]): Promise<void> {
    await query(
      `UPDATE delivery_queue q SET leased_until = NULL
       FROM unnest($1::bigint[], $2::integer[]) AS claimed (sequence, claim)
       WHERE q.sequence = claimed.sequence AND q.claims = claimed.claim`,
      [claims.map(({ sequence }) => sequence), claims.map(({ claim }) => claim)],
    );
  }

  /**
   * Records attempts and what follows from them. A delivery that succeeded is settled whoever holds its lease by now; a
   * failure reschedules only its own claim.
   * @returns the deliveries that are settled by this, and the endpoints where something was waiting for one of them
   */
  async record(query: Query, results: readonly AttemptResult[]): Promise<{ settled: Set<string>; freed: string[] }> {
    const rows = await query<{ sequence: string; freed: string | null }>(
      `WITH result AS (
         SELECT * FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::uuid[], $5::float8[], $6::integer[],
             $7::smallint[], $8::text[], $9::text[], $10::text[], $11::float8[])
           AS result (sequence, claim, attempt, lead_id, started_ms, duration_ms, status, failure, excerpt, outcome, retry_ms)
       ), attempted AS (
         INSERT INTO attempts (sequence, claim, attempt, lead_id, started_at, duration_ms, status, failure, excerpt)
         SELECT sequence, claim, attempt, lead_id, to_timestamp(started_ms / 1000), duration_ms, status, failure, excerpt
         FROM result
         ON CONFLICT (sequence, claim) DO NOTHING
       ), retried AS (
         UPDATE delivery_queue q
         SET due_at = now() + result.retry_ms * interval '1 ms', leased_until = NULL, attempts = result.attempt
         FROM result WHERE q.sequence = result.sequence AND q.claims = result.claim AND result.outcome = 'retry'
       ), removed AS (
         DELETE FROM delivery_queue q USING result
         WHERE q.sequence = result.sequence
           AND (result.outcome = 'delivered' OR (result.outcome = 'failed' AND q.claims = result.claim))
         RETURNING q.sequence, q.endpoint_key, q.lead_id, result.outcome
       ), failed AS (
         UPDATE deliveries d SET undelivered = 'failed'
         FROM removed WHERE removed.outcome = 'failed' AND d.sequence = removed.sequence
       )
       SELECT removed.sequence, freed.endpoint_key AS freed FROM removed
       LEFT JOIN LATERAL (
         SELECT q.endpoint_key FROM delivery_queue q
         WHERE q.lead_id = removed.lead_id AND q.endpoint_key = removed.endpoint_key AND q.sequence > removed.sequence LIMIT 1
       ) freed ON true`,
      [
        results.map(({ sequence }) => sequence),
        results.map(({ claim }) => claim),
        results.map(({ attempt }) => attempt),
        results.map(({ leadId }) => leadId),
        results.map(({ startedAt }) => startedAt),
        results.map(({ durationMs }) => durationMs),
        results.map(({ status }) => status ?? null),
        results.map(({ failure }) => failure ?? null),
        results.map(({ excerpt }) => excerpt ?? null),
        results.map(({ outcome }) => outcome),
        results.map(({ retryInMs }) => retryInMs ?? null),
      ],
    );
    const settled = new Set(rows.map(({ sequence }) => sequence));
    const late = results.filter(({ sequence, outcome }) => outcome === 'delivered' && !settled.has(sequence));
    if (late.length > 0) for (const sequence of await this.#arrivedAfterAll(query, late)) settled.add(sequence);
    return { settled, freed: [...new Set(rows.flatMap(({ freed }) => (freed === null ? [] : [freed])))] };
  }

  /** Of those that were under way while their endpoint was disabled, and therefore withheld. */
  async #arrivedAfterAll(query: Query, late: readonly AttemptResult[]): Promise<string[]> {
    const rows = await query<{ sequence: string }>(
      `UPDATE deliveries SET undelivered = NULL WHERE sequence = ANY($1::bigint[]) AND undelivered = 'withheld' RETURNING sequence`,
      [late.map(({ sequence }) => sequence)],
    );
    return rows.map(({ sequence }) => sequence);
  }

  /** What follows a delivery that is to be tried again becomes due with it: only then is there a point in looking at it. */
  async postponeFollowers(query: Query, sequences: readonly string[]): Promise<void> {
    await query(
      `UPDATE delivery_queue follower SET due_at = retried.due_at
       FROM delivery_queue retried
       WHERE retried.sequence = ANY($1::bigint[]) AND follower.lead_id = retried.lead_id
         AND follower.endpoint_key = retried.endpoint_key AND follower.sequence > retried.sequence`,
      [sequences],
    );
  }

  /** When the next delivery of each endpoint is due, in milliseconds from now; negative: since when. */
  async nextDue(query: Query): Promise<{ endpointKey: string; inMs: number }[]> {
    return query(
      `WITH RECURSIVE head AS (
         (SELECT endpoint_key, due_at FROM delivery_queue ORDER BY endpoint_key, due_at LIMIT 1)
         UNION ALL
         SELECT next.endpoint_key, next.due_at FROM head CROSS JOIN LATERAL (
           SELECT endpoint_key, due_at FROM delivery_queue q WHERE q.endpoint_key > head.endpoint_key
           ORDER BY endpoint_key, due_at LIMIT 1
         ) next
       )
       SELECT endpoint_key AS "endpointKey",
         (extract(epoch FROM greatest(due_at, e.resting_until) - clock_timestamp()) * 1000)::float8 AS "inMs"
       FROM head JOIN endpoints e ON e.key = head.endpoint_key AND e.state <> 'disabled'`,
    );
  }
}
