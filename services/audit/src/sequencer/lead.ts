import { hash } from 'node:crypto';
import {
  crashPoint,
  type PartitionRecords,
  type ReceivedRecord,
  type RecordConsumer,
  type UnitsOfWork,
} from '@fairlead/messaging';
import { MAX_ENTRY_BYTES } from '@fairlead/transparency-log';
import { entriesAppended, logPublished, logSize } from '../metrics.js';
import { type Arrival, type LogStore, NoLongerLeading, type Placed, type Unreadable } from '../store/log.store.js';
import type { LogWriter, Published } from './log-writer.js';

/** How long nobody else may lead after the last word of whoever does: how long the log waits after a kill -9. */
export const LEASE_MS = 5_000;
/** An entry is in a signed checkpoint at most a second after it has its place. Each time the lease is put off, too. */
const PUBLISH_EVERY_MS = 500;
/** Enough that statements cost little per entry, few enough that a transaction stays short. */
const MAX_BATCH = 2_000;

interface Job {
  readonly records: readonly ReceivedRecord[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** What a leader works with. */
export interface Tools {
  readonly units: UnitsOfWork;
  readonly store: LogStore;
  readonly topics: readonly string[];
  /** Of a group of its own: all partitions are this leader's, whoever led before. */
  readonly consumer: RecordConsumer;
  readonly stopped: AbortSignal;
}

/** One leader, from the moment it leads until it does not. */
export class Lead {
  private readonly jobs: Job[] = [];
  private draining = false;
  private ended: { readonly error: unknown } | undefined;
  private wake: () => void = () => undefined;
  /** Written, in their order, after the transaction that gave them their places. */
  private appending: Promise<void> = Promise.resolve();

  private published: number;
  private everPublished: boolean;
  private readonly note: string | null;

  constructor(
    private readonly tools: Tools,
    private readonly writer: LogWriter,
    private readonly epoch: string,
    { size, note }: Published,
  ) {
    this.published = size;
    this.everPublished = note !== null;
    this.note = note;
  }

  /** Resolves when this process stops; throws when it leads no longer, or cannot go on. */
  async last(): Promise<void> {
    const { store, units, stopped, consumer, topics } = this.tools;
    try {
      await consumer.run({
        topics,
        storedOffsets: async () =>
          (await store.partitions(units.query)).map(({ topic, partition, nextOffset }) => ({
            ...{ topic, partition },
            offset: BigInt(nextOffset),
          })),
        onOffsetAlarm: ({ topic, partition, offset, found, why }) =>
          this.end(new Error(`${topic}/${partition}: expected offset ${offset}, found ${found} (${why})`)),
        process: (batch) => this.take(batch),
      });
      // Whoever led before may have been killed before it came to this.
      if (this.note !== null) await this.writer.show({ size: this.published, note: this.note });
      while (!this.ended && !stopped.aborted) {
        await store.stay(units.query, this.epoch, LEASE_MS);
        await this.publish();
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, PUBLISH_EVERY_MS);
          this.wake = () => (clearTimeout(timer), resolve());
          if (stopped.aborted) this.wake();
          else stopped.addEventListener('abort', this.wake, { once: true });
        });
        stopped.removeEventListener('abort', this.wake);
      }
      if (!this.ended) {
        await consumer.close(() => Promise.resolve());
        await this.publish();
      }
    } catch (error) {
      this.end(error);
    }
    await consumer.close(() => Promise.resolve()).catch(() => undefined);
    if (this.ended) throw this.ended.error;
  }

  private end(error: unknown): void {
    this.ended ??= { error };
    this.wake();
  }

  private async take({ records }: PartitionRecords): Promise<void> {
    for (let at = 0; at < records.length; at += MAX_BATCH) {
      if (this.ended) throw new NoLongerLeading('this leader has ended');
      await new Promise<void>((done, failed) => {
        this.jobs.push({ records: records.slice(at, at + MAX_BATCH), done, failed });
        if (!this.draining) void this.drain();
      });
    }
  }

  /** What the partitions bring while one transaction runs is placed together in the next. */
  private async drain(): Promise<void> {
    this.draining = true;
    while (this.jobs.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const batch: Job[] = [];
      for (let size = 0; this.jobs.length > 0;) {
        size += this.jobs[0]?.records.length ?? 0;
        if (batch.length > 0 && size > MAX_BATCH) break;
        batch.push(this.jobs.shift() as Job);
      }
      try {
        await this.place(batch.flatMap(({ records }) => records));
        for (const { done } of batch) done();
      } catch (error) {
        this.end(error);
        for (const { failed } of batch) failed(error);
      }
    }
    // In the same step as the last look at the queue.
    this.draining = false;
  }

  private async place(records: readonly ReceivedRecord[]): Promise<void> {
    const { units, store } = this.tools;
    const read = records.map((record) => ({ record, arrival: arrivalOf(record) }));
    const placed = await units.run(async (unit) => {
      const { size, next } = await store.lockHead(unit.query, this.epoch);
      // A client that has joined may bring what it fetched before it was told where to begin.
      const due = read.filter(
        ({ record: { topic, partition, offset } }) => offset >= (next.get(`${topic}/${partition}`) ?? 0n),
      );
      if (due.length === 0) return [];
      const ids = due.flatMap(({ arrival }) => ('eventId' in arrival ? arrival.eventId : []));
      const known = await store.known(unit.query, ids);
      const fresh: { readonly entry: Placed; readonly bytes: Buffer }[] = [];
      const unreadable: Unreadable[] = [];
      const progress = new Progress();
      for (const { record, arrival } of due) {
        if ('why' in arrival) {
          unreadable.push(arrival);
          progress.count(record, 'unreadable');
        } else if (known.has(arrival.eventId)) progress.count(record, 'repeated');
        else {
          known.add(arrival.eventId);
          fresh.push({ entry: { ...arrival, index: size + fresh.length }, bytes: record.value as Buffer });
          progress.count(record, 'entries');
        }
      }
      const entries = fresh.map(({ entry }) => entry);
      store.append(unit, size + fresh.length, entries, progress.all(), unreadable);
      return fresh.map(({ bytes }) => bytes);
    });
    crashPoint('audit.placed');
    // The order of the writer is that of the places: the next batch waits for the head's lock, and then for this.
    await (this.appending = this.appending.then(() => this.writer.append(placed)));
    entriesAppended.inc(placed.length);
    logSize.set(this.writer.size);
  }

  private async publish(): Promise<void> {
    const { units, store } = this.tools;
    if (this.writer.size === this.published && this.everPublished) return;
    const made = await this.exclusively(() => this.writer.checkpoint());
    crashPoint('audit.written');
    await store.publish(units.query, this.epoch, made.size, made.note);
    crashPoint('audit.published');
    await this.writer.show(made);
    logPublished.set(made.size);
    const before = this.published;
    this.published = made.size;
    this.everPublished = true;
    await this.writer.giveUpPartial(before, made.size);
  }

  /** Between two batches, so that a checkpoint has the size of its tiles. */
  private async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.appending.then(work);
    this.appending = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

/** How far a batch takes each of its partitions. */
class Progress {
  private readonly partitions = new Map<
    string,
    {
      topic: string;
      partition: number;
      firstOffset: bigint;
      nextOffset: bigint;
      entries: number;
      repeated: number;
      unreadable: number;
    }
  >();

  count({ topic, partition, offset }: ReceivedRecord, what: 'entries' | 'repeated' | 'unreadable'): void {
    const key = `${topic}/${partition}`;
    let each = this.partitions.get(key);
    if (!each) {
      each = { topic, partition, firstOffset: offset, nextOffset: offset, entries: 0, repeated: 0, unreadable: 0 };
      this.partitions.set(key, each);
    }
    each[what] += 1;
    each.nextOffset = offset + 1n;
  }

  all() {
    return [...this.partitions.values()];
  }
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
