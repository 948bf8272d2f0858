import { Injectable } from '@nestjs/common';
import type { Query } from '@fairlead/persistence';
import { ONE_LINE } from './endpoints.store.js';

/** A delivery to be sent again, and the id that it is sent under then. */
export interface Resend {
  readonly sequence: string;
  readonly newId: string;
}

export interface Resendable {
  readonly sequence: string;
  readonly eventType: string;
  readonly pending: boolean;
  /** Of the one that already repeats it, and has not been settled yet. */
  readonly resendPending: string | null;
}

/** Deliveries that are sent again because somebody asked. */
@Injectable()
export class ResendsStore {
  /** Locked, so that of two who ask at once the second sees what the first has got. */
  async lock(query: Query, endpointKey: string, id: string): Promise<Resendable | undefined> {
    const [row] = await query<{ sequence: string }>(
      'SELECT sequence FROM deliveries WHERE id = $2 AND endpoint_key = $1 FOR UPDATE',
      [endpointKey, id],
    );
    if (!row) return undefined;
    const [found] = await query<Resendable>(
      `SELECT d.sequence, d.event_type AS "eventType",
         EXISTS (SELECT FROM delivery_queue q WHERE q.sequence = d.sequence) AS pending,
         (SELECT again.id FROM delivery_queue q JOIN deliveries again ON again.sequence = q.sequence
          WHERE q.sequence = d.resent_as) AS "resendPending"
       FROM deliveries d WHERE d.sequence = $1`,
      [row.sequence],
    );
    return found;
  }

  /** In the order given, which is that of each line, behind whatever waits in it. What has been made already is not made twice. */
  async resend(query: Query, resends: readonly Resend[]): Promise<void> {
    await query(
      `WITH again AS (
         INSERT INTO deliveries (id, endpoint_key, lead_id, event_id, event_type, event, with_contact, traceparent, resend_of)
         SELECT chosen.new_id, d.endpoint_key, d.lead_id, d.event_id, d.event_type, d.event, d.with_contact, d.traceparent, d.sequence
         FROM unnest($1::bigint[], $2::uuid[]) WITH ORDINALITY AS chosen (sequence, new_id, place)
           JOIN deliveries d ON d.sequence = chosen.sequence
         ORDER BY chosen.place
         ON CONFLICT (id) DO NOTHING
         RETURNING sequence, endpoint_key, lead_id, resend_of
       ), linked AS (
         UPDATE deliveries d SET resent_as = again.sequence FROM again WHERE d.sequence = again.resend_of
       )
       INSERT INTO delivery_queue (sequence, endpoint_key, line, due_at)
       SELECT again.sequence, again.endpoint_key, line.id,
         -- Not before the one that it has to wait for: else every look for what is due would come across it.
         greatest(now(), (SELECT max(due_at) FROM delivery_queue earlier
                          WHERE earlier.line = line.id AND earlier.endpoint_key = again.endpoint_key))
       FROM again JOIN endpoints e ON e.key = again.endpoint_key
         CROSS JOIN LATERAL (SELECT CASE WHEN e.strict_order THEN $3::uuid ELSE again.lead_id END AS id OFFSET 0) line`,
      [resends.map(({ sequence }) => sequence), resends.map(({ newId }) => newId), ONE_LINE],
    );
  }
}
