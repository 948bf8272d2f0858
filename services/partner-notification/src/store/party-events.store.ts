import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';
import type { DueDelivery } from '../delivery/webhook.js';
import { type Notice, storedPart } from '../delivery/webhook-events.js';
import { ENDED } from './delivery-queue.store.js';

/** An event to be read, as a webhook would be built of it. */
export interface PartyEvent extends Omit<DueDelivery, 'id'> {
  readonly position: string;
  /** Of an offer: why it is not its party's any more. It is not told then. */
  readonly ended: string | null;
}

/** What is numbered at once: in some milliseconds, and more than a page. */
const NUMBERED_AT_ONCE = 1_000;

/** Of `e`, some of a party's events: each with what its webhook would tell of the lead by now. */
const DESCRIBED = `
  SELECT e.position, e.event_id AS "eventId", e.event_type AS "eventType", e.lead_id AS "leadId", e.traceparent, e.event::text AS event,
    l.state AS "leadState", l.grade, l.score, l.facts::text AS facts, l.contributions::text AS contributions,
    CASE WHEN e.with_contact AND offer.ended IS NULL THEN l.contact END AS contact, l.contact_event AS "contactEvent",
    CASE WHEN e.with_contact AND offer.ended IS NULL THEN l.further_contacts END AS "furtherContacts",
    CASE WHEN e.with_contact AND offer.ended IS NULL THEN l.consent::text END AS consent,
    CASE WHEN e.event_type IN ('lead.routed', 'lead.reminded') THEN offer.ended END AS ended
  FROM e LEFT JOIN leads l ON l.lead_id = e.lead_id
    CROSS JOIN LATERAL (SELECT (e.event -> 'data' ->> 'offer')::integer AS offer OFFSET 0) told
    CROSS JOIN LATERAL (SELECT ${ENDED} AS ended OFFSET 0) offer
  ORDER BY e.position`;

const PAGE = `
  WITH e AS (SELECT * FROM party_events WHERE party = $1 AND position > $2 ORDER BY position LIMIT $3) ${DESCRIBED}`;

const CHOSEN = `WITH e AS (SELECT * FROM party_events WHERE party = $1 AND position = ANY($2::bigint[])) ${DESCRIBED}`;

/** What parties are told, for them to read. */
@Injectable()
export class PartyEventsStore {
  /** With whatever else the unit writes last. Nobody waits for a lock: they have no numbers yet. */
  keep(unit: UnitOfWork, notices: readonly Notice[]): void {
    if (notices.length === 0) return;
    unit.write(
      `INSERT INTO party_events (party, lead_id, event_id, event_type, event, with_contact, traceparent)
       SELECT party, lead_id, event_id, event_type, event, with_contact, traceparent
       FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::json[], $6::boolean[], $7::text[]) WITH ORDINALITY
         AS told (party, lead_id, event_id, event_type, event, with_contact, traceparent, place) ORDER BY place`,
      [
        notices.map(({ party }) => party),
        notices.map(({ event }) => event.subject),
        notices.map(({ event }) => event.id),
        notices.map(({ event }) => event.type),
        notices.map(storedPart),
        notices.map(({ withContact }) => withContact),
        notices.map(({ event }) => event.traceparent ?? null),
      ],
    );
  }

  /** From behind `after` on, as far as they have numbers; judged and described as of now. */
  async page(query: Query, party: string, after: string, limit: number): Promise<PartyEvent[]> {
    // eslint-disable-next-line fairlead/no-interpolated-sql -- the only part that is not written here is a constant of the queue's store
    return query<PartyEvent>(PAGE, [party, after, limit]);
  }

  /** These of them, as far as they are still kept; judged and described as of now. */
  async chosen(query: Query, party: string, positions: readonly string[]): Promise<PartyEvent[]> {
    // eslint-disable-next-line fairlead/no-interpolated-sql -- as in `page`
    return query<PartyEvent>(CHOSEN, [party, positions]);
  }

  async hasUnread(query: Query, parties: readonly string[]): Promise<string[]> {
    const rows = await query<{ party: string }>(
      `SELECT party FROM unnest($1::text[]) AS waiting (party)
       WHERE EXISTS (SELECT FROM party_events e WHERE e.party = waiting.party AND e.position IS NULL)`,
      [parties],
    );
    return rows.map(({ party }) => party);
  }

  /**
   * Gives numbers to what has none, in the order in which it was written; of one lead that is the order of its events. Two who read at
   * once wait for one another. What is committed later has a later number, however long ago it was begun.
   */
  async number({ query }: Pick<UnitOfWork, 'query'>, party: string): Promise<void> {
    await query(
      `INSERT INTO party_event_heads AS head (party, last) VALUES ($1, 0)
       ON CONFLICT (party) DO UPDATE SET last = head.last`,
      [party],
    );
    // A statement of its own: it sees what was committed while the one before waited.
    await query(
      `WITH unread AS (
         SELECT sequence, row_number() OVER (ORDER BY sequence) AS place FROM (
           SELECT sequence FROM party_events WHERE party = $1 AND position IS NULL ORDER BY sequence LIMIT $2
         ) oldest
       ), numbered AS (
         UPDATE party_events e SET position = head.last + unread.place
         FROM unread, party_event_heads head WHERE e.sequence = unread.sequence AND head.party = $1
         RETURNING e.position
       )
       UPDATE party_event_heads SET last = greatest(last, (SELECT max(position) FROM numbered)) WHERE party = $1`,
      [party, NUMBERED_AT_ONCE],
    );
  }

  /** The last number that was given, after `number` in the same transaction: nobody gives another before that is over. */
  async lastNumber({ query }: Pick<UnitOfWork, 'query'>, party: string): Promise<string> {
    const [head] = await query<{ last: string }>('SELECT last FROM party_event_heads WHERE party = $1', [party]);
    return head?.last ?? '0';
  }

  /** @returns how many were dropped */
  async forget(query: Query, keptMs: number, limit: number): Promise<number> {
    const rows = await query(
      `DELETE FROM party_events WHERE sequence IN (
         SELECT sequence FROM (SELECT sequence, created_at FROM party_events ORDER BY sequence LIMIT $2) oldest
         WHERE created_at < now() - $1 * interval '1 ms'
       ) RETURNING 1`,
      [keptMs, limit],
    );
    return rows.length;
  }
}
