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
  /** Its endpoint fails: this is the only one that is sent to it, to see whether it still does. */
  readonly probe: boolean;
  /** Of an endpoint with a rate: in how many milliseconds the first of those that were claimed together may be sent. */
  readonly bookedInMs: number | null;
  /** Of an offer: why it is not its party's any more. It is not to be sent then, but to be withheld. */
  readonly ended: string | null;
  /** Of an offer that waits for an answer: how long it still can be given. */
  readonly openForMs: number | null;
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

/**
 * Why the offer `told`, which the endpoint `e` is told of, is not its party's any more, as far as is known of the lead `l`; null
 * while it is: its clock runs, or it was accepted and is being worked. What outcome-tracking shows contacts by is the same, but for
 * the clock: a webhook cannot be taken back. What is not known (a lead routed before this was kept) ends nothing.
 */
export const ENDED = `CASE
  WHEN l.erased_at IS NOT NULL THEN 'lead-erased'
  WHEN l.consent ->> 'given' = 'false' AND e.party <> 'direct' THEN 'consent-refused'
  WHEN l.ended ? told.offer::text THEN l.ended ->> told.offer::text
  WHEN l.holder <> e.party OR l.offer <> told.offer THEN 'not-the-current-offer'
  WHEN l.accept_by < now() THEN 'offer-expired' END`;

/** Sends are booked no further ahead than they are claimed: what is booked and not used is lost. */
export const BOOKED_AHEAD_MS = 500;

/** How many of what is due may be sent: of an endpoint that fails one, of one with a rate what it takes in half a second. */
const ALLOWED = `least(counted.due, CASE WHEN e.probe_at IS NOT NULL THEN 1 ELSE greatest(1, e.per_second / 2) END)`;

/** What is yet to be sent. All times are the database's, the one clock that every sender shares. */
@Injectable()
export class DeliveryQueueStore {
  /**
   * Leases what is due, up to a quota for each endpoint: a long queue of one must not stand before another's. Of one line (a lead, or all
   * of an endpoint in strict order) only the earliest is given out; whatever follows waits until that one is settled.
   *
   * A delivery may have waited for days, so what it may tell is judged here and not when it was made: contact data are for the party
   * that has the lead now. Which offers are over is judged in the same statement; to settle them costs one only when there are any.
   */
  async claim(
    query: Query,
    wanted: readonly { readonly endpointKey: string; readonly quota: number }[],
    leaseMs: number,
  ): Promise<Claim[]> {
    return query<Claim>(
      // `= ANY (ARRAY (…))` and not a join: the planner cannot know how few rows `due` has, and would read whole tables.
      `WITH wanted AS (
         SELECT * FROM unnest($1::bigint[], $2::integer[]) AS wanted (endpoint_key, quota)
       ), gated AS MATERIALIZED (
         SELECT wanted.* FROM wanted JOIN endpoints e ON e.key = wanted.endpoint_key
         WHERE e.probe_at IS NOT NULL OR e.per_second IS NOT NULL
       ), counted AS MATERIALIZED (
         SELECT gated.endpoint_key, (
           SELECT count(*)::integer FROM (
             SELECT FROM delivery_queue due WHERE due.endpoint_key = gated.endpoint_key AND due.due_at <= now()
               AND (due.leased_until IS NULL OR due.leased_until <= now()) LIMIT gated.quota
           ) waiting) AS due FROM gated
       ), gate AS (
         -- Whoever gets the row first has the probe, or these sends; another sender that waits for it sees that they are taken.
         UPDATE endpoints e SET
           probe_at = CASE WHEN e.probe_at IS NOT NULL THEN now() + $3 * interval '1 ms' END,
           booked_until = CASE WHEN e.per_second IS NOT NULL
             THEN greatest(e.booked_until, now()) + ${ALLOWED} * interval '1 s' / e.per_second END
         FROM counted
         WHERE e.key = counted.endpoint_key AND counted.due > 0 AND e.state <> 'disabled'
           AND (e.resting_until IS NULL OR e.resting_until <= now())
           AND (e.probe_at IS NULL OR e.probe_at <= now())
           AND (e.booked_until IS NULL OR e.booked_until <= now() + ${BOOKED_AHEAD_MS} * interval '1 ms')
         RETURNING e.key, ${ALLOWED} AS allowed,
           e.booked_until - ${ALLOWED} * interval '1 s' / e.per_second AS booked_from
       ), due AS (
         SELECT q.sequence
         FROM wanted
         JOIN endpoints e ON e.key = wanted.endpoint_key AND e.state <> 'disabled'
           AND (e.resting_until IS NULL OR e.resting_until <= now())
         LEFT JOIN gate ON gate.key = e.key
         CROSS JOIN LATERAL (
           SELECT sequence FROM delivery_queue due
           WHERE due.endpoint_key = wanted.endpoint_key AND due.due_at <= now()
             AND (due.leased_until IS NULL OR due.leased_until <= now())
             AND NOT EXISTS (
               SELECT FROM delivery_queue earlier WHERE earlier.line = due.line
                 AND earlier.endpoint_key = due.endpoint_key AND earlier.sequence < due.sequence)
           ORDER BY due.due_at, due.sequence
           LIMIT CASE WHEN e.probe_at IS NULL AND e.per_second IS NULL THEN wanted.quota ELSE coalesce(gate.allowed, 0) END
           FOR UPDATE SKIP LOCKED
         ) q
       ), leased AS (
         UPDATE delivery_queue SET leased_until = now() + $3 * interval '1 ms', claims = claims + 1
         WHERE sequence = ANY (ARRAY (SELECT sequence FROM due))
         RETURNING sequence, claims, attempts
       )
       SELECT leased.sequence, leased.claims AS claim, leased.attempts, e.version, e.probe_at IS NOT NULL AS probe,
         (extract(epoch FROM gate.booked_from - now()) * 1000)::float8 AS "bookedInMs", d.endpoint_key AS "endpointKey",
         d.id, d.event_id AS "eventId", d.event_type AS "eventType", d.lead_id AS "leadId", d.traceparent,
         d.event::text AS event, l.state AS "leadState", l.grade, l.score, l.facts::text AS facts,
         l.contributions::text AS contributions,
         CASE WHEN d.with_contact AND offer.ended IS NULL THEN l.contact END AS contact, l.contact_event AS "contactEvent",
         CASE WHEN d.with_contact AND offer.ended IS NULL THEN l.further_contacts END AS "furtherContacts",
         CASE WHEN d.with_contact AND offer.ended IS NULL THEN l.consent::text END AS consent,
         CASE WHEN d.event_type IN ('lead.routed', 'lead.reminded') THEN offer.ended END AS ended,
         CASE WHEN d.event_type IN ('lead.routed', 'lead.reminded') THEN (extract(epoch FROM l.accept_by - now()) * 1000)::float8 END
           AS "openForMs"
       FROM leased JOIN deliveries d ON d.sequence = leased.sequence JOIN endpoints e ON e.key = d.endpoint_key
         LEFT JOIN gate ON gate.key = d.endpoint_key
         LEFT JOIN leads l ON l.lead_id = d.lead_id
         CROSS JOIN LATERAL (SELECT (d.event #>> '{data,offer}')::integer AS offer OFFSET 0) told
         CROSS JOIN LATERAL (SELECT ${ENDED} AS ended OFFSET 0) offer
       ORDER BY leased.sequence`,
      [wanted.map(({ endpointKey }) => endpointKey), wanted.map(({ quota }) => quota), leaseMs],
    );
  }

  /**
   * Settles offers that are over: they are listed with the reason, and not sent. What follows them of the same lead goes on.
   * Judged once more, with the lead's row held: an acceptance that is being noted at this moment is not overlooked. A row that is
   * held elsewhere is not waited for, because something is happening to that lead: the next claim sees what.
   * @returns which are settled, and why
   */
  async withhold(
    query: Query,
    claims: readonly Pick<Claim, 'sequence' | 'claim'>[],
  ): Promise<{ sequence: string; reason: string }[]> {
    return query(
      `WITH over AS (
         SELECT claimed.sequence, claimed.claim, ${ENDED} AS reason
         FROM unnest($1::bigint[], $2::integer[]) AS claimed (sequence, claim)
         JOIN deliveries d ON d.sequence = claimed.sequence JOIN endpoints e ON e.key = d.endpoint_key
         JOIN leads l ON l.lead_id = d.lead_id
         CROSS JOIN LATERAL (SELECT (d.event #>> '{data,offer}')::integer AS offer) told
         WHERE ${ENDED} IS NOT NULL
         FOR SHARE OF l SKIP LOCKED
       ), removed AS (
         DELETE FROM delivery_queue q USING over WHERE q.sequence = over.sequence AND q.claims = over.claim
         RETURNING q.sequence, over.reason
       )
       UPDATE deliveries d SET undelivered = 'withheld', withheld_because = removed.reason
       FROM removed WHERE d.sequence = removed.sequence
       RETURNING d.sequence, removed.reason`,
      [claims.map(({ sequence }) => sequence), claims.map(({ claim }) => claim)],
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
         SELECT sequence, claim, attempt, lead_id, to_timestamp(started_ms / 1000), duration_ms, status, failure,
           -- The lead may have been erased while this was under way; locked, so that an erasure that follows finds it. One that is under
           -- way is not waited for: it holds the lead and comes to what waits for it, which is locked here by now.
           CASE WHEN excerpt IS NOT NULL THEN (
             SELECT excerpt FROM leads l WHERE l.lead_id = result.lead_id AND l.erased_at IS NULL FOR KEY SHARE SKIP LOCKED
           ) END
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
         RETURNING q.sequence, q.endpoint_key, q.line, result.outcome
       ), failed AS (
         UPDATE deliveries d SET undelivered = 'failed'
         FROM removed WHERE removed.outcome = 'failed' AND d.sequence = removed.sequence
       )
       SELECT removed.sequence, freed.endpoint_key AS freed FROM removed
       LEFT JOIN LATERAL (
         SELECT q.endpoint_key FROM delivery_queue q
         WHERE q.line = removed.line AND q.endpoint_key = removed.endpoint_key AND q.sequence > removed.sequence LIMIT 1
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

  /** Of those that were under way while their endpoint was disabled, or their offer ended, and therefore withheld. */
  async #arrivedAfterAll(query: Query, late: readonly AttemptResult[]): Promise<string[]> {
    const rows = await query<{ sequence: string }>(
      `UPDATE deliveries SET undelivered = NULL, withheld_because = NULL
       WHERE sequence = ANY($1::bigint[]) AND undelivered = 'withheld' RETURNING sequence`,
      [late.map(({ sequence }) => sequence)],
    );
    return rows.map(({ sequence }) => sequence);
  }

  /** What follows a delivery that is to be tried again becomes due with it: only then is there a point in looking at it. */
  async postponeFollowers(query: Query, sequences: readonly string[]): Promise<void> {
    await query(
      `UPDATE delivery_queue follower SET due_at = retried.due_at
       FROM delivery_queue retried
       WHERE retried.sequence = ANY($1::bigint[]) AND follower.line = retried.line
         AND follower.endpoint_key = retried.endpoint_key AND follower.sequence > retried.sequence`,
      [sequences],
    );
  }

  /** When the next delivery of each endpoint is due, in milliseconds from now; negative: since when. And what is known of each by now. */
  async nextDue(query: Query): Promise<{ endpointKey: string; version: string; inMs: number }[]> {
    return query(
      `WITH RECURSIVE head AS (
         (SELECT endpoint_key, due_at FROM delivery_queue ORDER BY endpoint_key, due_at LIMIT 1)
         UNION ALL
         SELECT next.endpoint_key, next.due_at FROM head CROSS JOIN LATERAL (
           SELECT endpoint_key, due_at FROM delivery_queue q WHERE q.endpoint_key > head.endpoint_key
           ORDER BY endpoint_key, due_at LIMIT 1
         ) next
       )
       SELECT endpoint_key AS "endpointKey", e.version,
         (extract(epoch FROM greatest(due_at, e.resting_until, e.probe_at) - clock_timestamp()) * 1000)::float8 AS "inMs"
       FROM head JOIN endpoints e ON e.key = head.endpoint_key AND e.state <> 'disabled'`,
    );
  }
}
