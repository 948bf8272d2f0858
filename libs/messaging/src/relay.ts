import { Inject, Injectable, Logger } from '@nestjs/common';
import { topicName, type Topic } from '@fairlead/events';
import { withSession, type Session } from '@fairlead/persistence';
import { DataSource } from 'typeorm';
import { CONNECTIONS, SERVICE, type Connections, type MessagingService } from './connections.js';
import { crashPoint } from './crash-point.js';
import { BatchTooLarge, Kafka, type RecordProducer, type RecordToSend } from './kafka.js';
import { outboxOldestSeconds, outboxPublished } from './metrics.js';
import { headersOf, readOutbox, readsByPosition, removeFromOutbox, type OutboxRow } from './outbox.js';

/** Rows per read: a few milliseconds of work; more would only add latency. */
const BATCH = 1_000;
/** Bytes per read: even if all are for one partition, they stay below what a broker takes at once unless told otherwise (1 MiB). */
const BATCH_BYTES = 900_000;
/** The safety net under lost notifications and crashed writers; also how soon another process takes over. */
const POLL_MS = 1_000;
/**
 * While much comes in, reads begin no closer together than this. A read, a send and a removal cost the same for ten events as for two
 * hundred: at 1,400 leads a second, sent as they came, they took more CPU than all that PostgreSQL does for a lead.
 */
const GATHER_MS = 25;
/** When nothing more is to be published: how long what has been may still stand in the outbox, and come again after a crash. */
const REMOVE_WITHIN_MS = 100;
/** So many at a time are much: a lead that comes alone says three events at most, and goes on at once. */
const MUCH = 8;
/** Pauses after a failure: short enough to catch up at once after a broker's restart. */
const MAX_PAUSE_MS = 1_000;

/**
 * Publishes the outbox. One relay of a service is at work at a time, in whichever process holds the advisory lock of the
 * service's schema: with two, the events of one lead could overtake one another. Should the lock be lost in the middle of
 * a send, the next relay repeats what was not removed: repeated events are claimed once, and the first copies are in order.
 */
@Injectable()
export class Relay {
  readonly #log = new Logger(Relay.name);
  readonly #producer: RecordProducer;
  #leading = false;
  #stopping = false;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #woken = false;
  #failure: string | undefined;
  #published = 0;

  constructor(
    private readonly dataSource: DataSource,
    kafka: Kafka,
    @Inject(SERVICE) private readonly service: MessagingService,
    @Inject(CONNECTIONS) private readonly connections: Connections,
  ) {
    this.#producer = kafka.producer();
  }

  /** Where a writer must announce its events: nowhere when the relay runs in the writer's own process. */
  get channelToNotify(): string | undefined {
    return this.#leading ? undefined : this.#channel;
  }

  /** Why nothing is being published, if so: shown by the readiness check. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get #channel(): string {
    return `outbox_${this.service.schema}`;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** There is something to publish. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** Publishes what is there, within `limitMs`, then stops. What remains is published by another process or at the next start. */
  async close(limitMs: number): Promise<void> {
    const until = Date.now() + limitMs;
    while (this.#leading && !this.#failure && Date.now() < until) {
      const before = this.#published;
      this.wake();
      await pause(20);
      if (this.#published === before && (await this.#empty())) break;
    }
    this.#stopping = true;
    this.wake();
    await this.#running;
    await this.#producer.close();
  }

  async #empty(): Promise<boolean> {
    const [row] = await this.dataSource.query<[{ some: boolean }]>('SELECT EXISTS (SELECT 1 FROM outbox) AS some');
    return !row.some;
  }

  async #run(): Promise<void> {
    let pauseMs = 0;
    while (!this.#stopping) {
      try {
        await withSession(this.dataSource, async (session) => {
          await this.#lead(session, () => (pauseMs = 0));
        });
      } catch (error) {
        // The sizes are for whoever has to raise a limit; other messages may repeat anything.
        const why = error instanceof BatchTooLarge ? `${error.name}: ${error.message}` : (error as Error).name;
        this.#failure = why;
        if (pauseMs === 0) this.#log.warn(`${this.service.name}: publishing is interrupted (${why}), trying again`);
        pauseMs = Math.min(MAX_PAUSE_MS, Math.max(50, pauseMs * 2));
        await this.#sleep(pauseMs);
      } finally {
        this.#leading = false;
      }
    }
  }

  async #lead(session: Session, onSuccess: () => void): Promise<void> {
    while (!(await session.tryLock(this.#channel))) {
      this.#failure = undefined;
      await this.#sleep(POLL_MS);
      if (this.#stopping) return;
    }
    await session.listen(this.#channel, () => this.wake());
    // Losing a removal only means publishing those events again, which is harmless; waiting for the disk is not free.
    await session.query('SET synchronous_commit = off');
    for (const setting of readsByPosition) await session.query(setting);
    this.#leading = true;
    // What has been published leaves the outbox with the next look into it: one statement for each batch and not two.
    let published: readonly string[] = [];
    while (!this.#stopping) {
      this.#woken = false;
      const began = performance.now();
      const { rows, more } = await readOutbox(session.query, published, BATCH, BATCH_BYTES);
      if (published.length > 0) crashPoint('outbox.removed');
      published = rows.map(({ position }) => position);
      outboxOldestSeconds.set({ service: this.service.name }, rows[0]?.age_seconds ?? 0);
      if (rows.length > 0) await this.#publish(rows);
      this.#failure = undefined;
      onSuccess();
      if (!more) {
        const restMs = rows.length > 0 ? REMOVE_WITHIN_MS : POLL_MS;
        await (rows.length >= MUCH ? this.#gather(began + GATHER_MS, restMs) : this.#sleep(restMs));
      }
      session.check();
    }
    if (published.length > 0) await removeFromOutbox(session.query, published);
  }

  async #publish(rows: readonly OutboxRow[]): Promise<void> {
    crashPoint('outbox.read');
    const prefix = this.connections.topicPrefix;
    await this.#send(
      rows.map((row) => ({
        topic: topicName(row.topic as Topic, prefix),
        key: row.key,
        value: row.event,
        headers: headersOf(row),
      })),
    );
    crashPoint('outbox.sent');
    this.#published += rows.length;
    outboxPublished.inc({ service: this.service.name }, rows.length);
  }

  /**
   * Halves what a topic with a lower limit of its own refuses. Partitions that took their share get it again: repeats are claimed
   * once, and the first copies are in order.
   */
  async #send(records: readonly RecordToSend[]): Promise<void> {
    try {
      await this.#producer.send(records);
    } catch (error) {
      if (!(error instanceof BatchTooLarge) || records.length === 1) throw error;
      const middle = records.length >> 1;
      await this.#send(records.slice(0, middle));
      await this.#send(records.slice(middle));
    }
  }

  /** Lets more come in, unless nothing does for as long, and then waits as ever. */
  async #gather(until: number, restMs: number): Promise<void> {
    while (!this.#stopping && performance.now() < until) await pause(Math.max(1, until - performance.now()));
    await this.#sleep(restMs);
  }

  async #sleep(milliseconds: number): Promise<void> {
    if (this.#woken || this.#stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
