import { Inject, Injectable, Logger } from '@nestjs/common';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { decodeEvent, derivedId, LeadErased, topicName, type FairleadEvent } from '@fairlead/events';
import { isTransient } from '@fairlead/persistence';
import { isObservable, lastValueFrom } from 'rxjs';
import { CONNECTIONS, SERVICE, type Connections, type MessagingService } from './connections.js';
import { crashPoint } from './crash-point.js';
import { storedOffsets, storeOffsets } from './consumer-offsets.js';
import { claim, pruneInbox } from './inbox.js';
import {
  Kafka,
  type PartitionOffset,
  type PartitionRecords,
  type ReceivedRecord,
  type RecordConsumer,
} from './kafka.js';
import { batchSeconds, batchSize, consumerLag, eventAge, eventsHandled } from './metrics.js';
import { Parking, type Record } from './parking.js';
import { type OpenUnit, UnitsOfWork } from './unit-of-work.js';
import { classOf, Unprocessable } from './unprocessable.js';
import { inWaves } from './waves.js';

/** The transport of one service: `@EventPattern(LeadScored.type, consumerId('routing'))` registers a handler with it. */
export function consumerId(service: string): symbol {
  return Symbol.for(`fairlead.consumer.${service}`);
}

/**
 * For a handler of several types that takes them as they come, mixed, each lead's in their order: one call for a batch instead
 * of one for each change of type. `@EventPattern([…], consumerId('outcome-tracking'), mixed('leads'))`
 */
export function mixed(name: string): { readonly mixed: string } {
  return { mixed: name };
}

/**
 * For a handler that must not wait until somebody has mended what holds up its lead: it is called although earlier events
 * of the lead are parked, and has to come to the same whenever those are given to their handlers.
 */
export function overtaking(): { readonly overtakes: true } {
  return { overtakes: true };
}

/**
 * For a handler of what nobody waits for: where this process published it, it is handled with what follows, which for a lead that
 * comes alone is an event or two later and some ten milliseconds.
 */
export function unhurried(): { readonly unhurried: true } {
  return { unhurried: true };
}

/** Enough that statements cost little per event; few enough that a transaction stays well under a second. */
const MAX_BATCH = 500;
/** A handler that failed is tried again twice: a lost race goes well the second time, a bug fails as well the tenth. */
const MAX_ATTEMPTS = 3;
const RETRY_MS = 50;
/** While the database is away nothing is anybody's fault: waited out, for as long as it takes, and shown as not ready. */
const MAX_OUTAGE_PAUSE_MS = 2_000;
/** How much may be done twice, and recognised as such, after a crash. */
const COMMIT_OFFSETS_EVERY_MS = 500;
/** Often, so that each time there is little to do, and so that it happens however often a process is replaced. */
const PRUNE_EVERY_MS = 15 * 60_000;

interface Job {
  readonly records: readonly ReceivedRecord[];
  readonly isMine: () => boolean;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

interface Decoded extends Record {
  readonly event: FairleadEvent;
}

/**
 * A Nest transport that hands handlers a batch and gives their effects exactly once. What the partitions bring while one
 * transaction runs is handled together in the next: claim in the inbox, call the handlers, write the outbox, commit. Offsets
 * follow the commit. A batch that fails is tried again, then halved until the culprit stands alone; that one is parked with its error's
 * class, later events of its key wait behind it, and everything else goes on.
 */
@Injectable()
export class BatchConsumer extends Server implements CustomTransportStrategy {
  /** Handlers' failures travel to this class, which decides about them; Nest must not log them as unhandled. */
  override readonly propagatesEventHandlerErrors = true;
  readonly #log: Logger;
  readonly #jobs: Job[] = [];
  #consumer: RecordConsumer | undefined;
  #draining = false;
  #work: Promise<void> = Promise.resolve();
  #timers: NodeJS.Timeout[] = [];
  #closing = false;
  #halted: string | undefined;
  #outage: string | undefined;
  #lost: string | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly units: UnitsOfWork,
    private readonly parking: Parking,
    @Inject(SERVICE) private readonly service: MessagingService,
    @Inject(CONNECTIONS) private readonly connections: Connections,
  ) {
    super();
    this.#log = new Logger(`${service.name}/consumer`);
    this.setTransportId(consumerId(service.name));
    parking.redriveThrough((record, unit) => this.#redrive(record, unit));
  }

  /** Why nothing is being consumed, if so: an offset alarm needs a person, an outage passes. */
  get failure(): string | undefined {
    return this.#halted ?? this.#outage ?? this.#lost;
  }

  get group(): string {
    return `${this.connections.topicPrefix}${this.service.name}`;
  }

  /** Handlers name the event types; the topics are those on which events of these types travel. */
  listen(callback: (error?: unknown) => void): void {
    this.#start().then(() => callback(), callback);
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#work;
    await this.#consumer?.close((done) => this.#storeOffsets(done));
  }

  on(): void {
    throw new Error('Listen to metrics and readiness instead: this transport has no events of its own.');
  }

  unwrap<T>(): T {
    return this.#consumer as T;
  }

  async #start(): Promise<void> {
    if (this.messageHandlers.size === 0) return;
    const consumer = (this.#consumer = this.kafka.consumer(this.group));
    consumer.on('restarting', (why) => {
      this.#lost = `lost its group or the brokers (${why})`;
      this.#log.warn(`${this.#lost}, joining again`);
    });
    consumer.on('joined', () => (this.#lost = undefined));
    await consumer.run({
      topics: this.service.topics.map((topic) => topicName(topic, this.connections.topicPrefix)),
      gatherMs: this.service.gatherMs,
      hurries: (type) => this.#hurries(type),
      process: (batch) => this.#take(batch),
      storedOffsets: () => storedOffsets(this.units.query, this.service.name),
      onOffsetAlarm: ({ topic, partition, offset, found, why }) => {
        if (this.#halted) return;
        this.#halted = `${topic}/${partition}: expected offset ${offset}, found ${found} (${why})`;
        this.#log.error(
          `halted: ${this.#halted}. Events may be missing; restore the topic, or set the group ${this.group} and the table consumer_offsets to offsets that you have checked, and start again.`,
        );
        void consumer.halt();
      },
    });
    this.#timers.push(
      setInterval(() => void this.#commitOffsets(), COMMIT_OFFSETS_EVERY_MS),
      setInterval(() => void this.#pruneInbox(), PRUNE_EVERY_MS),
    );
  }

  async #commitOffsets(): Promise<void> {
    if (!this.#consumer?.hasOffsetsToCommit) return;
    crashPoint('consumer.before-offsets');
    // Refused while the group rebalances or the broker is away: what is not committed comes again and is recognised.
    await this.#consumer.commitOffsets((done) => this.#storeOffsets(done)).catch(() => undefined);
    crashPoint('consumer.after-offsets');
  }

  async #pruneInbox(): Promise<void> {
    try {
      await pruneInbox(this.units.query, () => this.#closing);
    } catch (error) {
      this.#log.warn(`could not prune the inbox (${classOf(error)}), trying again in a while`);
    }
  }

  #storeOffsets(done: readonly PartitionOffset[]): Promise<void> {
    return storeOffsets(this.units.query, this.service.name, done);
  }

  /** Resolves when the records' effects are committed, or when the partition has gone to somebody else. */
  async #take({ topic, partition, records, lag, isMine }: PartitionRecords): Promise<void> {
    consumerLag.set({ service: this.service.name, topic, partition }, lag);
    // Erasure concerns whoever may have parked something of the lead, whether or not it handles the event.
    const wanted = records.filter(
      ({ type }) => type === null || type === LeadErased.type || this.messageHandlers.has(type),
    );
    for (let i = 0; i < wanted.length && isMine(); i += MAX_BATCH) {
      if (this.#closing) throw new Error('closing: what was not begun is left for the next start');
      await new Promise<void>((done, failed) => {
        this.#jobs.push({ records: wanted.slice(i, i + MAX_BATCH), isMine, done, failed });
        if (!this.#draining) this.#work = this.#drain();
      });
    }
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    while (this.#jobs.length > 0) {
      // One turn of the event loop, so that all partitions of a fetch are in the queue before the batch is taken.
      await new Promise((resolve) => setImmediate(resolve));
      const jobs: Job[] = [];
      for (let size = 0; this.#jobs.length > 0;) {
        const next = this.#jobs[0]?.records.length ?? 0;
        if (jobs.length > 0 && size + next > MAX_BATCH) break;
        size += next;
        jobs.push(this.#jobs.shift() as Job);
      }
      try {
        await this.#handle(jobs.filter(({ isMine }) => isMine()).flatMap(({ records }) => records));
        for (const { done } of jobs) done();
      } catch (error) {
        // Only when closing during an outage, or when even parking is refused: the client reads these records again.
        this.#log.error(`could not settle a batch: ${classOf(error)}`);
        for (const { failed } of jobs) failed(error);
      }
    }
    // In the same step as the last look: whoever was waiting for this batch may queue the next one before a promise could say so.
    this.#draining = false;
  }

  async #handle(received: readonly ReceivedRecord[]): Promise<void> {
    if (received.length === 0) return;
    const started = performance.now();
    const good: Decoded[] = [];
    for (const record of received) {
      const decoded = this.#decode(record);
      if (!('errorClass' in decoded)) good.push(decoded);
      else {
        // Everything before it first: an unreadable record holds up its key from its own place on.
        await this.#process(good.splice(0));
        await this.#insist(() => this.units.run((unit) => this.parking.park(unit, decoded.record, decoded.errorClass)));
        crashPoint('parking.parked');
      }
    }
    await this.#process(good);
    const service = this.service.name;
    batchSize.observe({ service }, received.length);
    batchSeconds.observe({ service }, (performance.now() - started) / 1000);
    const oldest = received.reduce((least, { timestamp }) => Math.min(least, timestamp), Infinity);
    eventAge.observe({ service }, Math.max(0, (Date.now() - oldest) / 1000));
  }

  #decode(record: ReceivedRecord): Decoded | { readonly record: Record; readonly errorClass: string } {
    const { topic, partition, offset, value } = record;
    const address = { topic, partition, offset };
    const bytes = value ?? Buffer.alloc(0);
    try {
      const event = decodeEvent(bytes);
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(event.id))
        throw new Unprocessable('event-id-is-no-uuid');
      return { id: event.id, key: event.partitionkey, type: event.type, address, bytes, event };
    } catch (error) {
      const id = derivedId(`${topic}/${partition}@${offset}`, 'unreadable');
      const key = usable(record.key, 255) ?? id;
      const type = usable(record.type, 128) ?? 'unknown';
      return { record: { id, key, type, address, bytes }, errorClass: classOf(error) };
    }
  }

  /** Effects of these events, whatever it takes: when it returns, each has had them, or is parked. */
  async #process(events: readonly Decoded[]): Promise<void> {
    if (events.length === 0) return;
    // Half of a batch that failed is not worth the patience that a single event gets.
    const attempts = events.length > 1 ? 1 : MAX_ATTEMPTS;
    const failure = await this.#insist(() => this.#inOneUnit(events), attempts);
    if (failure === undefined) return;
    if (events.length === 1) {
      const [culprit] = events as [Decoded];
      const errorClass = classOf(failure.error);
      this.#log.warn(`parks ${culprit.type} ${culprit.id} of ${culprit.key}: ${errorClass}`);
      await this.#insist(() => this.units.run((unit) => this.parking.park(unit, culprit, errorClass)));
      crashPoint('parking.parked');
      return;
    }
    const middle = events.length >> 1;
    await this.#process(events.slice(0, middle));
    await this.#process(events.slice(middle));
  }

  async #inOneUnit(events: readonly Decoded[]): Promise<void> {
    let again: readonly Record[] = [];
    let scrubbed = 0;
    const handled = new Map<string, number>();
    await this.units.run(async (unit) => {
      handled.clear();
      const arriving = events.map(({ id, key, type }) => ({ id, key, overtakes: this.#overtakes(type) }));
      const { fresh, waiting } = await claim(unit.query, this.service.name, arriving);
      crashPoint('consumer.claimed');
      const erased = events.filter(({ id, type }) => type === LeadErased.type && (fresh.has(id) || waiting.has(id)));
      scrubbed = erased.length > 0 ? await this.parking.scrub(unit, [...new Set(erased.map(({ key }) => key))]) : 0;
      await this.#callHandlers(takeOnce(events, fresh), unit, handled);
      crashPoint('consumer.handled');
      if (waiting.size > 0) again = await this.parking.parkBehind(unit, takeOnce(events, waiting));
    });
    if (scrubbed > 0) await this.#emptyParkedTopic(scrubbed);
    for (const [type, count] of handled) eventsHandled.inc({ service: this.service.name, type }, count);
    const retry = new Set(again.map(({ id }) => id));
    if (retry.size > 0) await this.#inOneUnit(events.filter(({ id }) => retry.has(id)));
  }

  #hurries(type: string): boolean {
    const handler = this.messageHandlers.get(type);
    return (
      handler !== undefined && (handler.extras as Partial<ReturnType<typeof unhurried>> | undefined)?.unhurried !== true
    );
  }

  #overtakes(type: string): boolean {
    const handler = this.messageHandlers.get(type);
    return !handler || (handler.extras as Partial<ReturnType<typeof overtaking>> | undefined)?.overtakes === true;
  }

  /**
   * What was scrubbed from the table is in the topic as well, with nothing to find it by. The topic only tells other tools
   * what is in the tables, so all of it goes. If the broker refuses, the topic's retention of a week is what remains.
   */
  async #emptyParkedTopic(scrubbed: number): Promise<void> {
    this.#log.log({ event: 'parked.scrubbed', records: scrubbed });
    try {
      await this.kafka.deleteRecords(topicName('parked', this.connections.topicPrefix));
    } catch (error) {
      this.#log.error(`could not delete the records of the parking topic (${classOf(error)}): they go within a week`);
    }
  }

  async #callHandlers(events: readonly Decoded[], unit: OpenUnit, handled: Map<string, number>): Promise<void> {
    const kindOf = (type: string) => {
      const extras = this.messageHandlers.get(type)?.extras as Partial<ReturnType<typeof mixed>> | undefined;
      return extras?.mixed === undefined ? type : `mixed: ${extras.mixed}`;
    };
    let isFirst = true;
    for (const group of inWaves(events, kindOf)) {
      // What one call put off the next one reads.
      if (!isFirst) await unit.writeNow();
      isFirst = false;
      const [{ type }] = group as [Decoded];
      const handler = this.messageHandlers.get(type);
      if (!handler) continue;
      const result: unknown = await handler(
        group.map(({ event }) => event),
        unit,
      );
      // A handler's failure arrives as an Observable; not waiting for it would commit the failure silently.
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
      for (const each of group) handled.set(each.type, (handled.get(each.type) ?? 0) + 1);
    }
  }

  async #redrive(record: Record, unit: OpenUnit): Promise<void> {
    const event = decodeEvent(record.bytes);
    const rows = await unit.query(
      'INSERT INTO inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING event_id',
      [this.service.name, event.id],
    );
    if (rows.length > 0) await this.#callHandlers([{ ...record, type: event.type, event }], unit, new Map());
  }

  /**
   * Tries until it succeeds or has failed `attempts` times by its own fault. An outage of the database is not counted.
   * Without `attempts` only outages are expected, and anything else is thrown.
   */
  async #insist(work: () => Promise<void>, attempts?: number): Promise<{ readonly error: unknown } | undefined> {
    let failures = 0;
    let pauseMs = RETRY_MS;
    for (;;) {
      try {
        await work();
        this.#outage = undefined;
        return undefined;
      } catch (error) {
        if (isTransient(error)) {
          // An outage is no event's fault: whoever closes during one leaves the rest for the next start.
          if (this.#closing) throw error;
          if (!this.#outage) this.#log.warn(`the database is away (${classOf(error)}), waiting for it`);
          this.#outage = `database: ${classOf(error)}`;
          await pause(pauseMs);
          pauseMs = Math.min(pauseMs * 2, MAX_OUTAGE_PAUSE_MS);
          continue;
        }
        failures += 1;
        if (attempts === undefined) throw error;
        if (failures >= attempts || error instanceof Unprocessable) return { error };
        await pause(RETRY_MS * failures);
      }
    }
  }
}

/** The events whose ids are in the set, in their order, the first of those that have the same id. */
function takeOnce(events: readonly Decoded[], ids: ReadonlySet<string>): Decoded[] {
  const left = new Set(ids);
  return events.filter(({ id }) => left.delete(id));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Keys and types of unreadable records come from anybody: what PostgreSQL or our own events could not hold is no key. */
function usable(text: string | null, maxLength: number): string | undefined {
  const fits = text !== null && text !== '' && text.length <= maxLength && !text.includes('\0');
  return fits ? text : undefined;
}
