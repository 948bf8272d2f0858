import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { topicName } from '@fairlead/events';
import { CONNECTIONS, type Connections, Kafka, UnitsOfWork } from '@fairlead/messaging';
import { ReadinessProbes } from '@fairlead/platform';
import { StorageFailed } from '@fairlead/transparency-log';
import { type AuditSettings, SETTINGS } from '../config.js';
import { LogStore, NoLongerLeading, type Placed } from '../store/log.store.js';
import { Lead, LEASE_MS, RecordsMissing } from './lead.js';
import { LogWriter, WouldFork } from './log-writer.js';

/** Between looks at whether anybody leads. */
const POLL_MS = 1_000;
/** Entries that are read again at a time. */
const RECOVER_BATCH = 2_000;
/** After a failure: soon enough for a restart of Kafka, seldom enough for the log of a machine whose disk is full. */
const RETRY_MS = 2_000;
/** What was not published before a crash is what came within a second; a broker that does not give it by then is away. */
const RECOVER_WITHIN_MS = 60_000;

/**
 * Gives every event of Fairlead its place in the log. One process leads, as long as it says so in time, and each leader has
 * an epoch: one that was put aside can give no place and publish nothing. Places are given in one transaction with the
 * offsets; files are written and signed afterwards, from what the transaction settled.
 */
@Injectable()
export class Sequencer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('audit/sequencer');
  private readonly stopped = new AbortController();
  private running: Promise<void> | undefined;
  private problem: string | undefined;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly kafka: Kafka,
    private readonly store: LogStore,
    probes: ReadinessProbes,
    @Inject(CONNECTIONS) private readonly connections: Connections,
    @Inject(SETTINGS) private readonly settings: AuditSettings,
  ) {
    probes.add('audit sequencer', () => this.problem);
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private get topics(): string[] {
    return (['control', 'lifecycle'] as const).map((topic) => topicName(topic, this.connections.topicPrefix));
  }

  private async run(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      try {
        await this.leadWhenFree();
      } catch (error) {
        this.note(error);
        await pause(RETRY_MS, undefined, { signal: this.stopped.signal }).catch(() => undefined);
      }
    }
  }

  private note(error: unknown): void {
    const problem = plainly(error as Error);
    if (error instanceof NoLongerLeading) this.logger.warn({ event: 'audit.put-aside' });
    else if (problem !== this.problem) this.logger.error({ event: 'audit.interrupted', problem });
    this.problem = error instanceof NoLongerLeading ? undefined : problem;
  }

  private async leadWhenFree(): Promise<void> {
    const { query } = this.units;
    const epoch = await this.store.lead(query, LEASE_MS);
    if (epoch === undefined) {
      // Somebody else does.
      this.problem = undefined;
      await pause(POLL_MS, undefined, { signal: this.stopped.signal }).catch(() => undefined);
      return;
    }
    // While it reads again what it needs; from then on the lead says so itself. What comes of a refusal the next step finds out.
    const staying = setInterval(() => void this.store.stay(query, epoch, LEASE_MS).catch(() => undefined), POLL_MS);
    try {
      const { size, published, note } = await this.store.head(query);
      const storage = this.settings.openStorage();
      await storage.prepare();
      const writer = await LogWriter.open(storage, this.settings, { size: published, note });
      await this.recover(writer, epoch, size);
      clearInterval(staying);
      this.logger.log({ event: 'audit.leading', epoch, size });
      const { units, store, topics, stopped } = this;
      // Not before: what could not be written may still not be.
      const onPublished = () => (this.problem = undefined);
      const consumer = this.kafka.consumer(`${this.connections.topicPrefix}audit-${epoch}`);
      await new Lead({ units, store, topics, consumer, stopped: stopped.signal, onPublished }, writer, epoch, {
        size: published,
        note,
      }).last();
    } finally {
      clearInterval(staying);
      await this.store.resign(query, epoch).catch(() => undefined);
    }
  }

  /** Writes what had a place and was not published: read from Kafka again, where it was. */
  private async recover(writer: LogWriter, epoch: string, size: number): Promise<void> {
    while (writer.size < size) {
      const entries = await this.store.entriesFrom(this.units.query, writer.size, RECOVER_BATCH);
      await writer.append(writer.size, await this.readAgain(entries, epoch));
    }
  }

  private async readAgain(entries: readonly Placed[], epoch: string): Promise<Buffer[]> {
    const placeOf = (topic: string, partition: number, offset: bigint) => `${topic}/${partition}@${offset}`;
    const wanted = new Map(entries.map((entry, at) => [placeOf(entry.topic, entry.partition, entry.offset), at]));
    const found: Buffer[] = [];
    const starts = new Map<string, { topic: string; partition: number; offset: bigint }>();
    for (const { topic, partition, nextOffset } of await this.store.partitions(this.units.query))
      starts.set(`${topic}/${partition}`, { topic, partition, offset: BigInt(nextOffset) });
    for (const { topic, partition, offset } of entries) {
      const start = starts.get(`${topic}/${partition}`);
      if (!start || offset < start.offset) starts.set(`${topic}/${partition}`, { topic, partition, offset });
    }
    // A group of its own for each attempt: it begins where it is told to, and leaves nothing behind.
    const consumer = this.kafka.consumer(`${this.connections.topicPrefix}audit-recovery-${epoch}-${entries[0]?.index}`);
    const { promise: complete, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(
      () => reject(new Error('what was not published yet could not be read again')),
      RECOVER_WITHIN_MS,
    );
    try {
      await consumer.run({
        topics: this.topics,
        storedOffsets: () => Promise.resolve([...starts.values()]),
        onOffsetAlarm: ({ why }) => reject(new RecordsMissing(`what has a place in the log (${why})`)),
        process: ({ topic, partition, records }) => {
          for (const { offset, value } of records) {
            const at = wanted.get(placeOf(topic, partition, offset));
            if (at === undefined || !value) continue;
            found[at] = value;
            wanted.delete(placeOf(topic, partition, offset));
          }
          if (wanted.size === 0) resolve();
          return Promise.resolve();
        },
      });
      await complete;
    } finally {
      clearTimeout(late);
      await consumer.close(() => Promise.resolve());
    }
    return found;
  }
}

/** What a full disk, or one that fails, is called in a sentence. */
const DISK: Readonly<Record<string, string>> = {
  ENOSPC: 'no room is left where the log is kept',
  EDQUOT: 'the quota is used up where the log is kept',
  EFBIG: 'a file of the log may not become as large as it must',
  EROFS: 'the log is kept where nothing can be written',
  EACCES: 'the log is kept where this process may not write',
  EIO: 'the disk that the log is kept on fails',
};

/** What an operator is told; messages of others are not repeated, as they may quote what they were given. */
function plainly(error: Error): string {
  if (error instanceof WouldFork) return `refuses to sign: ${error.message}`;
  if (error instanceof RecordsMissing) return `gives no place: Kafka lacks records, ${error.message}`;
  if (error instanceof StorageFailed) return `nothing is signed: ${error.message}`;
  const { code } = error as NodeJS.ErrnoException;
  const disk = DISK[code ?? ''];
  return disk === undefined
    ? error.name
    : `nothing is signed: ${disk} (${code}); it goes on by itself when that is mended`;
}
