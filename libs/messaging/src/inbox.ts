import type { Query } from '@fairlead/persistence';
import { eventsSkipped } from './metrics.js';

export interface Arriving {
  readonly id: string;
  readonly key: string;
}

/**
 * Claims events for a consumer. A claim by another process whose transaction is still open is waited for.
 * @returns which ids are new and free, and which are new but must wait because an event of their key is parked
 */
export async function claim(
  query: Query,
  consumer: string,
  arriving: readonly Arriving[],
): Promise<{ fresh: Set<string>; waiting: Set<string> }> {
  const rows = await query<{ event_id: string; waits: boolean }>(
    `WITH arriving AS (
       SELECT event_id, EXISTS (
         SELECT 1 FROM parked WHERE consumer = $1 AND parked.key = arriving.key AND redriven_at IS NULL
       ) AS waits
       FROM unnest($2::uuid[], $3::text[]) AS arriving (event_id, key)
     ), claimed AS (
       INSERT INTO inbox (consumer, event_id) SELECT $1, event_id FROM arriving WHERE NOT waits
       ON CONFLICT DO NOTHING RETURNING event_id
     )
     SELECT event_id, false AS waits FROM claimed UNION ALL SELECT event_id, true FROM arriving WHERE waits`,
    [consumer, arriving.map(({ id }) => id), arriving.map(({ key }) => key)],
  );
  const fresh = new Set<string>();
  const waiting = new Set<string>();
  for (const { event_id, waits } of rows) (waits ? waiting : fresh).add(event_id);
  const repeated = new Set(arriving.map(({ id }) => id)).size - rows.length;
  if (repeated > 0) eventsSkipped.inc({ service: consumer }, repeated);
  return { fresh, waiting };
}

/**
 * Events can come again only as long as Kafka, or a relay that crashed, can send them again. 60 days is twice the longest
 * outage that anyone would return from without a plan.
 */
const KEEP_DAYS = 60;

/** Forgets claims that nothing can ask for any more; called once a day. */
export async function pruneInbox(query: Query): Promise<void> {
  await query(`DELETE FROM inbox WHERE claimed_at < now() - make_interval(days => $1)`, [KEEP_DAYS]);
}
