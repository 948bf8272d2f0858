import type { Query } from '@fairlead/persistence';
import { eventsSkipped } from './metrics.js';

export interface Arriving {
  readonly id: string;
  readonly key: string;
  /** It waits behind no parked event of its key. */
  readonly overtakes?: boolean;
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
    // Of what is parked little is ever waiting, whichever way it is looked for.
    `/* kept */ WITH arriving AS (
       SELECT event_id, NOT overtakes AND EXISTS (
         SELECT 1 FROM parked WHERE consumer = $1 AND parked.key = arriving.key AND redriven_at IS NULL
       ) AS waits
       FROM unnest($2::uuid[], $3::text[], $4::boolean[]) AS arriving (event_id, key, overtakes)
     ), claimed AS (
       INSERT INTO inbox (consumer, event_id) SELECT $1, event_id FROM arriving WHERE NOT waits
       ON CONFLICT DO NOTHING RETURNING event_id
     )
     SELECT event_id, false AS waits FROM claimed UNION ALL SELECT event_id, true FROM arriving WHERE waits`,
    [
      consumer,
      arriving.map(({ id }) => id),
      arriving.map(({ key }) => key),
      arriving.map(({ overtakes = false }) => overtakes),
    ],
  );
  const fresh = new Set<string>();
  const waiting = new Set<string>();
  for (const { event_id, waits } of rows) (waits ? waiting : fresh).add(event_id);
  const repeated = new Set(arriving.map(({ id }) => id)).size - rows.length;
  if (repeated > 0) eventsSkipped.inc({ service: consumer }, repeated);
  return { fresh, waiting };
}

/**
 * An event comes again when a relay repeats what it could not remove from the outbox: after the crash of one process at the
 * start of the next. What a group reads again after a crash of its own is seconds old, and a group whose offsets Kafka has
 * forgotten goes on from those in `consumer_offsets`. So this must outlast the time that a service with events in its outbox
 * may be away, and no more: a row is about 100 bytes with its index, one for each event and consumer.
 */
const KEEP_DAYS = 14;
/** Milliseconds of work, so that no batch of events waits behind it. */
const PRUNE_ROWS = 5_000;

/** Forgets claims that nothing can ask for any more, a few at a time. */
export async function pruneInbox(query: Query, stopped: () => boolean): Promise<void> {
  while (!stopped()) {
    const pruned = await query(
      `WITH old AS (
         DELETE FROM inbox WHERE ctid = ANY (ARRAY (
           SELECT ctid FROM inbox WHERE claimed_at < now() - make_interval(days => $1) LIMIT $2 FOR UPDATE SKIP LOCKED
         )) RETURNING 1
       ) SELECT count(*)::integer AS pruned FROM old HAVING count(*) > 0`,
      [KEEP_DAYS, PRUNE_ROWS],
    );
    if (pruned.length === 0) return;
  }
}
