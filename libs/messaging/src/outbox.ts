import { recordHeaders, TYPE_HEADER, type EncodedEvent } from '@fairlead/events';
import type { Query } from '@fairlead/persistence';
import type { Write } from './put-off-writes.js';

/** What goes to Kafka beside an event's bytes; only parked records carry more than the type. */
export interface Said extends EncodedEvent {
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OutboxRow {
  readonly position: string;
  readonly topic: string;
  readonly key: string;
  readonly type: string;
  readonly headers: Record<string, string> | null;
  readonly event: Buffer;
  readonly age_seconds: number;
}

export interface OldestEvents {
  readonly rows: readonly OutboxRow[];
  /** There were others that did not fit. */
  readonly more: boolean;
}

/** What puts the events of one unit of work into the outbox. The order of the rows is the order said. */
export function intoOutbox(said: readonly Said[]): Write {
  const sql = `INSERT INTO outbox (event_id, topic, key, type, headers, event)
    SELECT event_id, topic, key, type, headers, event
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::bytea[])
      WITH ORDINALITY AS said (event_id, topic, key, type, headers, event, place)
    ORDER BY place
    ON CONFLICT (event_id) DO NOTHING`;
  const parameters = [
    said.map(({ id }) => id),
    said.map(({ topic }) => topic),
    said.map(({ key }) => key),
    said.map(({ type }) => type),
    said.map(({ headers }) => (headers ? JSON.stringify(headers) : null)),
    said.map(({ bytes }) => bytes),
  ];
  return { sql, parameters };
}

/** What a record has in Kafka beside the event: key, headers, lengths, and what the headers of a parked one add. */
const BYTES_AROUND_EVENT = 512;

/**
 * The oldest events that are yet to be published: at most `limit`, and no more than `maxBytes` together, but always one. To be run in a
 * session with `readsByPosition`: the outbox is empty at most times, and when it is not it may be long.
 * @param published  positions of those that have been, which leave the outbox in the same statement
 */
export async function readOutbox(
  query: Query,
  published: readonly string[],
  limit: number,
  maxBytes: number,
): Promise<OldestEvents> {
  const rows = await query<OutboxRow & { readonly found: number }>(
    // The statement sees the outbox as it is before it removes anything.
    `/* kept */ WITH removed AS (DELETE FROM outbox WHERE position = ANY($1::bigint[]))
     SELECT position, topic, key, type, headers, event, extract(epoch FROM now() - said_at)::float8 AS age_seconds, found
     FROM (
       SELECT *, sum(octet_length(event) + $4::bigint) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) AS bytes,
         (row_number() OVER (ORDER BY position))::integer AS place, (count(*) OVER ())::integer AS found
       FROM (SELECT * FROM outbox WHERE position <> ALL ($1::bigint[]) ORDER BY position LIMIT $2) oldest
     ) measured
     WHERE bytes <= $3 OR place = 1 ORDER BY position`,
    [published, limit, maxBytes, BYTES_AROUND_EVENT],
  );
  const found = rows[0]?.found ?? 0;
  return { rows, more: found === limit || rows.length < found };
}

/** Settings of a session in which what is kept planned goes by the positions' index, however little there was when it was planned. */
export const readsByPosition = [
  'SET plan_cache_mode = force_generic_plan',
  'SET enable_seqscan = off',
  'SET enable_bitmapscan = off',
] as const;

export async function removeFromOutbox(query: Query, positions: readonly string[]): Promise<void> {
  await query('DELETE FROM outbox WHERE position = ANY($1::bigint[])', [positions]);
}

export function headersOf(row: Pick<OutboxRow, 'type' | 'headers'>): Record<string, string> {
  return row.headers ? { ...row.headers, [TYPE_HEADER]: row.type } : recordHeaders(row.type);
}
