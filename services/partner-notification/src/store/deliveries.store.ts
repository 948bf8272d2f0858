import { Injectable } from '@nestjs/common';
import { derivedId, type LeadAccepted } from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';
import { type EndpointFilter, passes, type Traits } from '../delivery/endpoint-filter.js';
import { DIGEST_EVENT, type Notice, storedPart, TEST_EVENT } from '../delivery/webhook-events.js';
import { ONE_LINE } from './endpoints.store.js';

interface Subscriber {
  readonly key: string;
  readonly party: string;
  readonly id: string;
  readonly events: readonly string[];
  readonly filter: EndpointFilter | null;
  readonly strictOrder: boolean;
  readonly disabled: boolean;
}

/** Tests that wait for an endpoint that does not answer: more of them would tell nothing more. */
export const MAX_TESTS_WAITING = 5;

@Injectable()
export class DeliveriesStore {
  /**
   * Commits the intention to send: one delivery for each notice and each endpoint of its party that subscribed to it.
   * What a disabled endpoint misses is noted, too, so that its party can ask for it later.
   * @returns the endpoints for which there is something to send now
   */
  async intend(unit: UnitOfWork, notices: readonly Notice[]): Promise<string[]> {
    if (notices.length === 0) return [];
    const subscribers = Map.groupBy(
      await unit.query<Subscriber>(
        `SELECT key, party, id, events, filter, strict_order AS "strictOrder", state = 'disabled' AS disabled
         FROM endpoints WHERE party = ANY($1) AND kind <> 'digest' ORDER BY key`,
        [[...new Set(notices.map(({ party }) => party))]],
      ),
      ({ party }) => party,
    );
    const subscribed = notices.flatMap((notice) =>
      (subscribers.get(notice.party) ?? [])
        .filter(({ events }) => events.includes(notice.event.type))
        .map((endpoint) => ({ notice, endpoint })),
    );
    const intended = await this.#filtered(unit.query, subscribed);
    if (intended.length === 0) return [];
    const queued = await unit.query<{ endpoint_key: string }>(
      `WITH intended AS (
         INSERT INTO deliveries (id, endpoint_key, lead_id, event_id, event_type, event, with_contact, traceparent, undelivered, withheld_because)
         SELECT id, endpoint_key, lead_id, event_id, event_type, event, with_contact, traceparent, undelivered,
           CASE WHEN undelivered = 'withheld' THEN 'endpoint-disabled' END
         FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::json[], $7::boolean[], $8::text[], $9::text[])
           WITH ORDINALITY AS intended
             (id, endpoint_key, lead_id, event_id, event_type, event, with_contact, traceparent, undelivered, place)
         ORDER BY place
         ON CONFLICT (id) DO NOTHING
         RETURNING sequence, endpoint_key, CASE WHEN endpoint_key = ANY ($10::bigint[]) THEN $11::uuid ELSE lead_id END AS line, undelivered
       )
       INSERT INTO delivery_queue (sequence, endpoint_key, line, due_at)
       SELECT sequence, endpoint_key, line,
         -- Not before the one that it has to wait for: else every look for what is due would come across it.
         greatest(now(), (SELECT max(due_at) FROM delivery_queue earlier
                          WHERE earlier.line = intended.line AND earlier.endpoint_key = intended.endpoint_key))
       FROM intended WHERE undelivered IS NULL
       RETURNING endpoint_key`,
      [
        intended.map(({ notice, endpoint }) => deliveryId(notice.event.id, endpoint)),
        intended.map(({ endpoint }) => endpoint.key),
        intended.map(({ notice }) => notice.event.subject),
        intended.map(({ notice }) => notice.event.id),
        intended.map(({ notice }) => notice.event.type),
        intended.map(({ notice }) => storedPart(notice)),
        intended.map(({ notice }) => notice.withContact),
        intended.map(({ notice }) => notice.event.traceparent ?? null),
        intended.map(({ endpoint }) => (endpoint.disabled ? 'withheld' : null)),
        [...new Set(intended.flatMap(({ endpoint }) => (endpoint.strictOrder ? [endpoint.key] : [])))],
        ONE_LINE,
      ],
    );
    return [...new Set(queued.map(({ endpoint_key }) => endpoint_key))];
  }

  /** What passes the filters of its endpoints. Where there are none, which is the rule, nothing is asked of leads. */
  async #filtered<I extends { readonly notice: Notice; readonly endpoint: Subscriber }>(
    query: Query,
    subscribed: readonly I[],
  ): Promise<readonly I[]> {
    const leads = subscribed.flatMap(({ notice, endpoint }) => (endpoint.filter ? [notice.event.subject] : []));
    if (leads.length === 0) return subscribed;
    const rows = await query<Traits & { readonly leadId: string }>(
      `SELECT lead_id AS "leadId", offered_pool AS pool, CASE WHEN offer IS NULL THEN grade ELSE offered_grade END AS grade,
         facts ->> 'country' AS country, facts ->> 'region' AS region, facts ->> 'product' AS product, facts ->> 'industry' AS industry
       FROM leads WHERE lead_id = ANY($1::uuid[])`,
      [[...new Set(leads)]],
    );
    const known = new Map(rows.map((row) => [row.leadId, row]));
    return subscribed.filter(({ notice: { event }, endpoint: { filter } }) => {
      // Of the erased nothing is known any more; and whoever may have had the lead must hear of it, whatever it asks for by now.
      if (filter === null || event.type === 'lead.erased') return true;
      const traits = known.get(event.subject);
      return passes(
        filter,
        event.type === 'lead.routed'
          ? { ...traits, pool: event.data.decided.pool, grade: event.data.grade }
          : { ...traits },
      );
    });
  }

  /**
   * Commits the intention to send a digest, behind those before it.
   * @param event  `{ source, time, data }`: which events it holds
   */
  async intendDigest(query: Query, endpointKey: string, { id, event }: { id: string; event: object }): Promise<void> {
    await query(
      `WITH digest AS (
         INSERT INTO deliveries (id, endpoint_key, lead_id, event_id, event_type, event, with_contact)
         VALUES ($2, $1, $2, $2, $3, $4, false) RETURNING sequence
       )
       INSERT INTO delivery_queue (sequence, endpoint_key, line, due_at)
       SELECT sequence, $1, $5,
         greatest(now(), (SELECT max(due_at) FROM delivery_queue earlier WHERE earlier.line = $5 AND earlier.endpoint_key = $1))
       FROM digest`,
      [endpointKey, id, DIGEST_EVENT, JSON.stringify(event), ONE_LINE],
    );
  }

  /**
   * One webhook that is about no lead, before all that waits: somebody has done something and looks whether it helped. It waits for
   * nothing and nothing for it, so it stands in a line of its own.
   * @returns whether there was room for it
   */
  async intendTest(
    query: Query,
    endpointKey: string,
    test: { readonly id: string; readonly event: object },
  ): Promise<boolean> {
    const rows = await query(
      `WITH test AS (
         INSERT INTO deliveries (id, endpoint_key, lead_id, event_id, event_type, event, with_contact)
         SELECT $2::uuid, $1::bigint, $2::uuid, $2::uuid, $3::text, $4::json, false
         WHERE (SELECT count(*) FROM delivery_queue q JOIN deliveries d ON d.sequence = q.sequence
                WHERE q.endpoint_key = $1 AND q.line = d.id) < $5
         RETURNING sequence
       )
       INSERT INTO delivery_queue (sequence, endpoint_key, line, due_at)
       SELECT sequence, $1, $2,
         least(now(), (SELECT min(due_at) - interval '1 ms' FROM delivery_queue waiting WHERE waiting.endpoint_key = $1))
       FROM test RETURNING sequence`,
      [endpointKey, test.id, TEST_EVENT, JSON.stringify(test.event), MAX_TESTS_WAITING],
    );
    return rows.length > 0;
  }

  /**
   * Of offers that were withheld because their time was over, and that had been accepted in time, as it turns out: the
   * event came in later than the deadline. They go back to where they were, before the acceptance that follows them.
   * To be called after the acceptance is noted: whoever was about to withhold one more has then done so, or will not.
   * @returns the endpoints for which there is something to send now
   */
  async sendAfterAll(unit: UnitOfWork, accepted: readonly LeadAccepted[]): Promise<string[]> {
    if (accepted.length === 0) return [];
    const queued = await unit.query<{ endpoint_key: string }>(
      `WITH again AS (
         UPDATE deliveries d SET undelivered = NULL, withheld_because = NULL
         FROM unnest($1::uuid[], $2::text[], $3::integer[]) AS accepted (lead_id, party, offer)
         JOIN endpoints e ON e.party = accepted.party AND e.state <> 'disabled'
         WHERE d.lead_id = accepted.lead_id AND d.endpoint_key = e.key AND d.withheld_because = 'offer-expired'
           AND d.event_type = 'lead.routed'
           AND (d.event -> 'data' ->> 'offer')::integer = accepted.offer
         RETURNING d.sequence, d.endpoint_key, CASE WHEN e.strict_order THEN $4::uuid ELSE d.lead_id END AS line
       )
       INSERT INTO delivery_queue (sequence, endpoint_key, line, due_at, claims, attempts)
       SELECT again.sequence, again.endpoint_key, again.line, now(), made.claims, made.attempts
       FROM again CROSS JOIN LATERAL (
         SELECT coalesce(max(claim), 0) AS claims, coalesce(max(attempt), 0) AS attempts FROM attempts a WHERE a.sequence = again.sequence
       ) made
       RETURNING endpoint_key`,
      [
        accepted.map(({ subject }) => subject),
        accepted.map(({ data }) => data.party),
        accepted.map(({ data }) => data.offer),
        ONE_LINE,
      ],
    );
    return [...new Set(queued.map(({ endpoint_key }) => endpoint_key))];
  }

  /**
   * What waits for these leads is due now: offers are then withheld at once and not with the next attempt, and say why. In strict order
   * they wait for their turn, as everything does; what is sent then is judged then.
   * @returns the endpoints that something waits for
   */
  async hurry(unit: UnitOfWork, leadIds: readonly string[]): Promise<string[]> {
    const rows = await unit.query<{ endpoint_key: string }>(
      `UPDATE delivery_queue SET due_at = least(due_at, now()) WHERE line = ANY($1::uuid[]) RETURNING endpoint_key`,
      [leadIds],
    );
    return [...new Set(rows.map(({ endpoint_key }) => endpoint_key))];
  }

  /**
   * Forgets deliveries that were made so long ago and are settled, and what was attempted of them: those among the next `limit` after
   * that one. Whatever still waits is left. Numbers are given in the order of time, near enough.
   * @returns the last one that was looked at; undefined where all that follow are younger
   */
  async forget(
    query: Query,
    { after, keptMs, limit }: { after: string; keptMs: number; limit: number },
  ): Promise<string | undefined> {
    const [seen] = await query<{ last: string | null; looked: number; old: number }>(
      `WITH next AS (
         SELECT sequence, created_at < now() - make_interval(secs => $2 / 1000.0) AS old
         FROM deliveries WHERE sequence > $1 ORDER BY sequence LIMIT $3
       ), forgotten AS (
         DELETE FROM deliveries d USING next WHERE d.sequence = next.sequence AND next.old
           AND NOT EXISTS (SELECT FROM delivery_queue q WHERE q.sequence = d.sequence)
         RETURNING d.sequence
       ), attempted AS (
         DELETE FROM attempts a USING forgotten WHERE a.sequence = forgotten.sequence
       )
       SELECT max(sequence) AS last, count(*)::int AS looked, count(*) FILTER (WHERE old)::int AS old FROM next`,
      [after, keptMs, limit],
    );
    return seen?.looked === limit && seen.old === limit ? (seen.last ?? undefined) : undefined;
  }
}

/** The same for every attempt, and for every time that the event is handled: it is the partner's key to repetitions. */
function deliveryId(eventId: string, endpoint: { readonly party: string; readonly id: string }): string {
  return derivedId(eventId, 'webhook', `${endpoint.party}/${endpoint.id}`);
}
