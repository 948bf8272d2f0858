import { hash } from 'node:crypto';
import type { ReceivedRecord } from '@fairlead/messaging';
import { MAX_ENTRY_BYTES } from '@fairlead/transparency-log';
import type { Arrival, PartitionProgress, Placed, Unreadable } from '../store/log.store.js';

/** From where on each partition (`topic/partition`) has not been accounted for. */
export type NextOffsets = ReadonlyMap<string, bigint>;

/** A record, and what of it the database keeps. */
export interface ReadRecord {
  readonly record: ReceivedRecord;
  readonly arrival: Arrival | Unreadable;
}

/** What a batch adds to the log. */
export interface Places {
  readonly entries: readonly Placed[];
  /** Of the entries, in their order, as they were published. */
  readonly bytes: readonly Buffer[];
  readonly unreadable: readonly Unreadable[];
  readonly progress: readonly PartitionProgress[];
}

/**
 * The records that have not been accounted for. A client that has joined may bring what it fetched before it was told where to
 * begin; to count that twice would break the account, and the log's claim that nothing was left out.
 */
export function dueOf(records: readonly ReceivedRecord[], next: NextOffsets): ReadRecord[] {
  return records
    .filter((record) => record.offset >= (next.get(partitionOf(record)) ?? 0n))
    .map((record) => ({ record, arrival: arrivalOf(record) }));
}

/**
 * Gives each event that has none its place, in the order of the records.
 * @param known  ids of events that have one
 */
export function givePlaces(due: readonly ReadRecord[], size: number, known: ReadonlySet<string>): Places {
  const placed = new Set<string>();
  const entries: Placed[] = [];
  const bytes: Buffer[] = [];
  const unreadable: Unreadable[] = [];
  const progress = new Map<string, Counts>();
  for (const { record, arrival } of due) {
    if ('why' in arrival) {
      unreadable.push(arrival);
      count(progress, record, 'unreadable');
    } else if (known.has(arrival.eventId) || placed.has(arrival.eventId)) count(progress, record, 'repeated');
    else {
      placed.add(arrival.eventId);
      entries.push({ ...arrival, index: size + entries.length });
      bytes.push(record.value as Buffer);
      count(progress, record, 'entries');
    }
  }
  return { entries, bytes, unreadable, progress: [...progress.values()] };
}

export function partitionOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`;
}

type Counts = { -readonly [key in keyof PartitionProgress]: PartitionProgress[key] };

/** How far a batch takes each of its partitions. */
function count(
  progress: Map<string, Counts>,
  { topic, partition, offset }: ReceivedRecord,
  what: 'entries' | 'repeated' | 'unreadable',
): void {
  const key = partitionOf({ topic, partition });
  let each = progress.get(key);
  if (!each) {
    each = { topic, partition, firstOffset: offset, nextOffset: offset, entries: 0, repeated: 0, unreadable: 0 };
    progress.set(key, each);
  }
  each[what] += 1;
  each.nextOffset = offset + 1n;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What of a record the database keeps: enough to find it, and to know it again. */
function arrivalOf({ topic, partition, offset, value }: ReceivedRecord): Arrival | Unreadable {
  const bytes = value ?? Buffer.alloc(0);
  const unreadable = (why: string): Unreadable => ({
    ...{ topic, partition, offset, why },
    sha256: hash('sha256', bytes, 'buffer'),
  });
  if (bytes.length > MAX_ENTRY_BYTES) return unreadable('too-large');
  try {
    const event = JSON.parse(bytes.toString('utf8')) as Record<string, unknown> | null;
    const { id, subject, type } = event ?? {};
    if (typeof id !== 'string' || !UUID.test(id)) return unreadable('event-id-is-no-uuid');
    if (typeof subject !== 'string' || typeof type !== 'string') return unreadable('not-an-event');
    if (`${subject}${type}`.includes('\0')) return unreadable('not-an-event');
    const known = { subject: subject.slice(0, 255), type: type.slice(0, 128) };
    return { eventId: id.toLowerCase(), ...known, topic, partition, offset };
  } catch {
    return unreadable('not-json');
  }
}
