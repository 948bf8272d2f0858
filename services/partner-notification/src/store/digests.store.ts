import { Injectable } from '@nestjs/common';
import type { Query } from '@fairlead/persistence';
import type { DigestRow } from '../delivery/digest.js';
import type { EndpointFilter, Traits } from '../delivery/endpoint-filter.js';

/** When digests are sent: at every full hour, or at a time of each day. */
export interface DigestSchedule {
  /** `07:30`; null: every hour. */
  readonly at: string | null;
  /** IANA's name of the time zone that the time is of. */
  readonly zone: string;
}

/** A digest that is due, locked until the end of the transaction. */
export interface DueDigest {
  readonly endpointKey: string;
  readonly party: string;
  readonly endpointId: string;
  readonly events: readonly string[];
  readonly filter: EndpointFilter | null;
  readonly since: string;
  readonly toldTo: string;
}

export type DigestCandidate = DigestRow & Traits;

/** After now. The database knows the zones, and when their clocks are changed. */
const NEXT = `CASE WHEN d.at IS NULL THEN date_trunc('hour', now()) + interval '1 hour'
  ELSE (date_trunc('day', now() AT TIME ZONE d.zone) + d.at
    + CASE WHEN (now() AT TIME ZONE d.zone)::time >= d.at THEN interval '1 day' ELSE interval '0' END) AT TIME ZONE d.zone END`;

/** When each party that wants digests is told next, and how far it has been told. */
@Injectable()
export class DigestsStore {
  async knowsZone(query: Query, zone: string): Promise<boolean> {
    return (await query('SELECT FROM pg_timezone_names WHERE name = $1', [zone])).length > 0;
  }

  /** A new one holds what comes from now on; of one that was there only the times change. */
  async put(query: Query, endpointKey: string, { at, zone }: DigestSchedule): Promise<void> {
    await query(
      `INSERT INTO digests (endpoint_key, at, zone, due_at)
       SELECT $1, d.at, d.zone, ${NEXT} FROM (SELECT $2::time AS at, $3::text AS zone) d
       ON CONFLICT (endpoint_key) DO UPDATE SET at = excluded.at, zone = excluded.zone, due_at = excluded.due_at`,
      [endpointKey, at, zone],
    );
  }

  async isAnyDue(query: Query): Promise<boolean> {
    return (await query('SELECT FROM digests WHERE due_at <= now() LIMIT 1')).length > 0;
  }

  /**
   * The one that has waited longest. Its endpoint cannot be disabled before the transaction is over; one that is being changed is left
   * for the next look.
   * @param except  endpoints
   */
  async take(query: Query, except: readonly string[]): Promise<DueDigest | undefined> {
    const [row] = await query<DueDigest>(
      `SELECT d.endpoint_key AS "endpointKey", e.party, e.id AS "endpointId", e.events, e.filter,
         d.since::text AS since, d.told_to AS "toldTo"
       FROM digests d JOIN endpoints e ON e.key = d.endpoint_key AND e.state <> 'disabled'
       WHERE d.due_at <= now() AND d.endpoint_key <> ALL($1::bigint[])
       ORDER BY d.due_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED FOR SHARE OF e SKIP LOCKED`,
      [except],
    );
    return row;
  }

  /** The next events behind that one, with what filters look at: pool and grade as the latest offer of the lead had them. */
  async next(
    query: Query,
    { party, after, since, events }: Pick<DueDigest, 'party' | 'since' | 'events'> & { readonly after: string },
    limit: number,
  ): Promise<DigestCandidate[]> {
    return query<DigestCandidate>(
      `SELECT e.position, e.lead_id AS "leadId", e.event_id AS "eventId", e.event_type AS "eventType",
         coalesce(e.event #>> '{data,pool}', l.offered_pool) AS pool, CASE WHEN l.offer IS NULL THEN l.grade ELSE l.offered_grade END AS grade,
         l.facts ->> 'country' AS country, l.facts ->> 'region' AS region, l.facts ->> 'product' AS product,
         l.facts ->> 'industry' AS industry
       FROM (
         SELECT * FROM party_events WHERE party = $1 AND position > $2 AND created_at >= $3::timestamptz AND event_type = ANY($4)
         ORDER BY position LIMIT $5
       ) e LEFT JOIN leads l ON l.lead_id = e.lead_id ORDER BY e.position`,
      [party, after, since, events, limit],
    );
  }

  /** @param isOver  whether there is no more: the next digest is then sent at its time, and else at once */
  async moveOn(query: Query, endpointKey: string, toldTo: string, isOver: boolean): Promise<void> {
    await query(
      `UPDATE digests d SET told_to = $2, due_at = CASE WHEN $3 THEN ${NEXT} ELSE d.due_at END WHERE endpoint_key = $1`,
      [endpointKey, toldTo, isOver],
    );
  }
}
