import {
  crashPoint,
  type PartitionRecords,
  type ReceivedRecord,
  type RecordConsumer,
  type UnitsOfWork,
} from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';
import { entriesAppended, logPublished, logSize } from '../metrics.js';
import { hasPlaceAlready, type LogStore, NoLongerLeading } from '../store/log.store.js';
import type { LogWriter, Published } from './log-writer.js';
import { ThinCheckpoints } from './thin-checkpoints.js';
import { dueOf, givePlaces, partitionOf, type Places, type ReadRecord } from './places.js';

/** How long nobody else may lead after the last word of whoever does: how long the log waits after a kill -9. */
export const LEASE_MS = 5_000;
/**
 * An entry is in a signed checkpoint at most a second after it has its place: what it takes to write and publish one is in it.
 * More often costs the whole road: each makes files durable beside the databases. Each time the lease is put off, too.
 */
const PUBLISH_EVERY_MS = 750;
/**
 * Entries come in together: giving places costs nearly the same for one as for a hundred, and nothing can be proved of an entry before the
 * checkpoint that follows.
 */
const GATHER_MS = 100;
/** What is given up in between is at most what a minute has made. */
const THIN_EVERY_MS = 60_000;
/** Enough that statements cost little per entry, few enough that a transaction stays short. */
const MAX_BATCH = 2_000;

/** Kafka lacks records that have not been accounted for. To go on behind them would be a log that leaves something out. */
export class RecordsMissing extends Error {
  override readonly name = 'RecordsMissing';
}

/** From which place on, and how far it brings each partition. */
type GivenPlaces = { readonly first: number } & Pick<Places, 'bytes' | 'progress'>;

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
  /** Told whenever all that has a place is published: whatever was wrong is not any more. */
  readonly onPublished: () => void;
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
  /**
   * From where on each partition has not been accounted for: what the table has, and nobody else can change it. A place is given,
   * and an offset moved, by whoever has locked the head and found its own epoch there; an earlier leader that had got so far
   * had to commit before the epoch could be raised, and one that had not is refused. So what is read once, after that, stays
   * right with what this leader commits itself. Of a commit whose outcome is unknown nothing is concluded: it ends the lead,
   * before the next batch, and the next one reads again.
   */
  private readonly next = new Map<string, bigint>();

  constructor(
    private readonly tools: Tools,
    private readonly writer: LogWriter,
    private readonly epoch: string,
    { size, note }: Published,
  ) {
    this.published = size;
    this.everPublished = note !== null;
    this.note = note;
    this.checkpoints = new ThinCheckpoints(tools.units.query, tools.store);
  }

  private thinning: Promise<void> | undefined;
  private thinnedAt = -Infinity;
  private readonly checkpoints: ThinCheckpoints;

  /** Resolves when this process stops; throws when it leads no longer, or cannot go on. */
  async last(): Promise<void> {
    const { store, units, stopped, consumer, topics, onPublished } = this.tools;
    try {
      for (const each of await store.partitions(units.query)) this.next.set(partitionOf(each), BigInt(each.nextOffset));
      await consumer.run({
        topics,
        gatherMs: GATHER_MS,
        storedOffsets: () =>
          Promise.resolve(
            [...this.next].map(([name, offset]) => {
              const [topic = '', partition] = name.split('/');
              return { topic, partition: Number(partition), offset };
            }),
          ),
        onOffsetAlarm: ({ topic, partition, offset, found, why }) =>
          this.end(new RecordsMissing(`${topic}/${partition}: expected offset ${offset}, found ${found} (${why})`)),
        process: (batch) => this.take(batch),
      });
      // Whoever led before may have been killed before it came to this.
      if (this.note !== null) await this.writer.show({ note: this.note });
      while (!this.ended && !stopped.aborted) {
        await store.stay(units.query, this.epoch, LEASE_MS);
        await this.publish();
        onPublished();
        this.thinNowAndThen();
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
    await this.thinning;
    if (this.ended) throw this.ended.error;
  }

  /** Not waited for: a storage that is slow to remove files must not keep the lease from being put off. */
  private thinNowAndThen(): void {
    if (this.thinning || performance.now() - this.thinnedAt < THIN_EVERY_MS) return;
    this.thinnedAt = performance.now();
    this.thinning = this.checkpoints
      .thin(() => this.ended !== undefined || this.tools.stopped.aborted)
      // Whatever could not be given up is found again a minute later; nobody needs it gone.
      .catch(() => undefined)
      .finally(() => (this.thinning = undefined));
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
        // After a transaction whose outcome is unknown the places that the next one would give are not those of the writer.
        if (this.ended) throw new NoLongerLeading('this leader has ended');
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
    const due = dueOf(records, this.next);
    if (due.length === 0) return;
    const { first, bytes, progress } = await this.placed(due);
    for (const { nextOffset, ...partition } of progress) this.next.set(partitionOf(partition), nextOffset);
    crashPoint('audit.placed');
    // The order of the writer is that of the places: the next batch waits for the head's lock, and then for this.
    await (this.appending = this.appending.then(() => this.writer.append(first, bytes)));
    entriesAppended.inc(bytes.length);
    logSize.set(this.writer.size);
  }

  /**
   * Hardly ever does an event come again: whether one has its place is asked when the database will not give it another. To ask each time is
   * a fifth of what giving places costs it.
   */
  private async placed(due: readonly ReadRecord[]): Promise<GivenPlaces> {
    const { store } = this.tools;
    try {
      return await this.placedBut(due, () => Promise.resolve(new Set()));
    } catch (error) {
      // Undone as a whole, and for sure: a statement was refused, and no commit.
      if (!hasPlaceAlready(error)) throw error;
      const ids = due.flatMap(({ arrival }) => ('eventId' in arrival ? arrival.eventId : []));
      return this.placedBut(due, (query) => store.known(query, ids));
    }
  }

  private placedBut(due: readonly ReadRecord[], known: (query: Query) => Promise<Set<string>>): Promise<GivenPlaces> {
    const { units, store } = this.tools;
    return units.run(async (unit) => {
      const first = await store.lockHead(unit.query, this.epoch);
      const { entries, bytes, unreadable, progress } = givePlaces(due, first, await known(unit.query));
      store.append(unit, first + entries.length, entries, progress, unreadable);
      return { first, bytes, progress };
    });
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
