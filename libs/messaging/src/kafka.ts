// The only file that knows kafkajs. It is unmaintained (tulios/kafkajs#1753) and must be replaceable.
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { TYPE_HEADER } from '@fairlead/events';
import kafkajs, {
  type Admin,
  type Consumer,
  type IHeaders,
  type Kafka as KafkaClient,
  type Producer,
  type RetryOptions,
  type SASLOptions,
} from 'kafkajs';
import type { ConnectionOptions } from 'node:tls';
import { partitionOf } from './partition-of.js';

export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls?: ConnectionOptions | true;
  readonly sasl?: SASLOptions;
}

export interface TopicToCreate {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
  /** Of one batch of records for one partition, as the broker counts them. */
  readonly maxBatchBytes: number;
  /** After how long the broker begins a new file, if not by its own rule: only whole files are ever deleted from a disk. */
  readonly segmentMs?: number;
}

/**
 * The broker refuses these records as too many bytes at once: fewer of them may go through. Carries the sizes, because with a
 * single record it is the topic's `max.message.bytes` that somebody has to raise.
 */
export class BatchTooLarge extends Error {
  override readonly name = 'BatchTooLarge';
}

export interface RecordToSend {
  readonly topic: string;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ReceivedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly type: string | null;
  /** As they came, for readers of what is no event of ours; see `headersOf`. */
  readonly headers: IHeaders | undefined;
  /** Milliseconds since the epoch, as the broker or the producer stamped it. */
  readonly timestamp: number;
}

/** A local broker answers in milliseconds, so the first retry comes soon; 15 doublings capped at 2 s outlast a restart. */
const RETRY = { initialRetryTime: 50, maxRetryTime: 2_000, retries: 15 };
/** The caller repeats a batch as a whole and in order; more retries inside would only hide that the broker is away. */
const PRODUCER_RETRY = { initialRetryTime: 50, maxRetryTime: 500, retries: 3 };
/** Above any pause seen of a healthy broker on a busy machine (2 s), below the 30 s that its clients forgive. */
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECTION_TIMEOUT_MS = 3_000;
/** A busy broker takes a second or two until it knows of a topic that it has just made; one that never will is said to be so. */
const LED_WITHIN_MS = 30_000;
const ASK_FOR_LEADERS_EVERY_MS = 100;

export class Kafka {
  readonly #client: KafkaClient;
  readonly #producing: KafkaClient;

  constructor(settings: KafkaSettings) {
    this.#client = clientOf(settings, RETRY);
    this.#producing = clientOf(settings, PRODUCER_RETRY);
  }

  /** Makes the topics that are missing; leaves those that exist as they are, whoever made them. */
  async createTopics(topics: readonly TopicToCreate[]): Promise<void> {
    const admin = this.#client.admin();
    await admin.connect();
    try {
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter(({ name }) => !existing.has(name));
      if (missing.length === 0) return;
      await admin.createTopics({
        waitForLeaders: false,
        topics: missing.map(({ name, partitions, retentionMs, maxBatchBytes, segmentMs }) => ({
          topic: name,
          numPartitions: partitions,
          configEntries: [
            { name: 'retention.ms', value: String(retentionMs) },
            { name: 'max.message.bytes', value: String(maxBatchBytes) },
            ...(segmentMs === undefined ? [] : [{ name: 'segment.ms', value: String(segmentMs) }]),
          ],
        })),
      });
      await untilLed(
        admin,
        missing.map(({ name }) => name),
      );
    } finally {
      await admin.disconnect();
    }
  }

  /** Deletes every record that the topic has at this moment. */
  async deleteRecords(topic: string): Promise<void> {
    const admin = this.#client.admin();
    await admin.connect();
    try {
      const ends = await admin.fetchTopicOffsets(topic);
      const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
      await admin.deleteTopicRecords({ topic, partitions });
    } finally {
      await admin.disconnect();
    }
  }

  /**
   * Deletes every record of the topic that this group has read, as far as it has said so to the broker: what it would read again
   * stays.
   * @returns of each partition, where its group and where its end is
   */
  async deleteReadRecords(topic: string, groupId: string): Promise<{ partition: number; read: bigint; end: bigint }[]> {
    const admin = this.#client.admin();
    await admin.connect();
    try {
      const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const read = new Map(committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
      const ranges = (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => {
        const [begin, end, known] = [BigInt(low), BigInt(high), read.get(partition) ?? NEVER_COMMITTED];
        // Of an empty partition there is nothing left to read; one that was made anew is shorter than its group remembers.
        return { partition, low: begin, end, read: begin === end || known > end ? end : known };
      });
      const partitions = ranges.filter((each) => each.read > each.low);
      if (partitions.length > 0)
        await admin.deleteTopicRecords({
          topic,
          partitions: partitions.map(({ partition, read: offset }) => ({ partition, offset: String(offset) })),
        });
      return ranges.map(({ partition, read: known, end }) => ({ partition, read: known, end }));
    } finally {
      await admin.disconnect();
    }
  }

  producer(): RecordProducer {
    return new RecordProducer(() =>
      this.#producing.producer({
        allowAutoTopicCreation: false,
        createPartitioner:
          () =>
          ({ message: { key }, partitionMetadata }) =>
            partitionOf(key ?? '', partitionMetadata.length),
        // One request under way at a time: a retry can then never overtake, and the order of a key is the order sent.
        maxInFlightRequests: 1,
      }),
    );
  }

  consumer(groupId: string): RecordConsumer {
    return new RecordConsumer(this.#client, groupId);
  }
}

/** Headers of a record as texts; of one that is there twice, the first. */
export function headersOf({ headers = {} }: Pick<ReceivedRecord, 'headers'>): Record<string, string> {
  const texts = Object.entries(headers).flatMap(([name, value]) => {
    const first = Array.isArray(value) ? value[0] : value;
    return first === undefined ? [] : [[name.toLowerCase(), first.toString()] as const];
  });
  return Object.fromEntries(texts);
}

/**
 * Waits until each partition of these topics has a leader that knows that it is. Not left to the client: the broker may have made a topic
 * and not know it yet, or not take records for it yet, which the client takes for failures.
 */
async function untilLed(admin: Admin, topics: string[]): Promise<void> {
  for (const until = performance.now() + LED_WITHIN_MS; ; await sleep(ASK_FOR_LEADERS_EVERY_MS)) {
    try {
      const known = (await admin.fetchTopicMetadata({ topics })).topics;
      if (known.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0))) {
        // Only the leader answers this.
        for (const topic of topics) await admin.fetchTopicOffsets(topic);
        return;
      }
    } catch (error) {
      if (!passesByItself(error) || performance.now() > until) throw error;
    }
    if (performance.now() > until)
      throw new Error(
        `Kafka has made ${topics.join(', ')}, and after ${LED_WITHIN_MS / 1_000} s a partition has no leader.`,
      );
  }
}

/** What the client does not repeat it calls unrepeatable, whatever the broker says of it. */
function passesByItself(error: unknown): boolean {
  return error instanceof kafkajs.KafkaJSError && (error.retriable || passesByItself(error.cause));
}

function clientOf(settings: KafkaSettings, retry: RetryOptions): KafkaClient {
  return new kafkajs.Kafka({
    clientId: settings.clientId,
    brokers: [...settings.brokers],
    ssl: settings.tls,
    sasl: settings.sasl,
    retry,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    // What goes wrong comes back as errors and events; its own log would repeat them, in its own format.
    logLevel: kafkajs.logLevel.NOTHING,
  });
}

/** What this process has published: from which offset on, and of which types, there or on other partitions of the topic. */
interface Publication {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly types: readonly string[];
}

/** Told to the consumers in the same process, so that these need not look for it. Where services run apart, nobody hears it. */
const published = new EventEmitter<{ published: [Publication] }>();
// A consumer of each service, and in tests several of each.
published.setMaxListeners(100);

/**
 * Sends records, acknowledged by all replicas. Not kafkajs's idempotent producer: that stays dead after some errors
 * (tulios/kafkajs#598), and repeats are harmless here because consumers claim each event id once.
 */
export class RecordProducer {
  readonly #make: () => Producer;
  #producer: Producer | undefined;

  constructor(make: () => Producer) {
    this.#make = make;
  }

  /**
   * Resolves when every record is acknowledged. On an error some may have been: send the same again, in the same order.
   * @throws BatchTooLarge when a partition's share of the records is more than its topic takes at once
   */
  async send(records: readonly RecordToSend[]): Promise<void> {
    const byTopic = Map.groupBy(records, ({ topic }) => topic);
    try {
      const producer = await this.#connected();
      const acknowledged = await producer.sendBatch({
        acks: -1,
        timeout: REQUEST_TIMEOUT_MS,
        topicMessages: [...byTopic].map(([topic, each]) => ({
          topic,
          messages: each.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
        })),
      });
      for (const { topicName: topic, partition, baseOffset } of acknowledged) {
        const types = [...new Set(byTopic.get(topic)?.map(({ headers }) => headers[TYPE_HEADER] ?? ''))];
        published.emit('published', { topic, partition, offset: BigInt(baseOffset ?? 0), types } satisfies Publication);
      }
    } catch (error) {
      // A producer that failed once may hold a broken connection or stale metadata: the next attempt gets a new one.
      await this.close();
      if (!isTooLarge(error)) throw error;
      const bytes = records.reduce((sum, { value }) => sum + value.length, 0);
      const where = [...byTopic.keys()].join(', ');
      throw new BatchTooLarge(`${records.length} records of ${bytes} bytes for ${where}`);
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.disconnect().catch(() => undefined);
  }

  async #connected(): Promise<Producer> {
    if (this.#producer) return this.#producer;
    const producer = this.#make();
    await producer.connect();
    this.#producer = producer;
    return producer;
  }
}

function isTooLarge(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { type } = error as { type?: unknown };
  return type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE' || isTooLarge(error.cause);
}

export interface PartitionRecords {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly ReceivedRecord[];
  /** How many records are behind the last one of these. */
  readonly lag: number;
  /** False once the partition may have gone to another member: what has not been begun is then left to that one. */
  readonly isMine: () => boolean;
}

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to read. */
  readonly offset: bigint;
}

export type OffsetAlarm = (alarm: PartitionOffset & { readonly found: bigint; readonly why: string }) => void;

/**
 * A member that has not been heard of for this long is taken for dead and its partitions go to others: it is how long a
 * lead waits after a kill -9. A process that merely stalls for longer loses its partitions, and repeats are recognised.
 */
const SESSION_TIMEOUT_MS = 6_000;
const HEARTBEAT_MS = 1_500;
/** What a group has that never committed, or whose offsets the broker has forgotten. */
const NEVER_COMMITTED = -1n;
/** What kafkajs commits when an offset was out of range: "from the earliest", in place of where the group was. */
const RESET_BY_CLIENT = -2n;
/** While offsets cannot be checked nothing is consumed, so the next attempt comes soon. */
const MAX_CHECK_PAUSE_MS = 1_000;
/** How long a broker may wait for the first byte; heartbeats go between two waits, so it stays below HEARTBEAT_MS. */
const MAX_WAIT_MS = 1_000;
/** Takes milliseconds, and some seconds on a machine that is short of cores; a topic that is not known by then is not there. */
const TOPIC_KNOWN_WITHIN_MS = 15_000;
/**
 * kafkajs stops for good after an error that it takes for permanent, and one is a coordinator that could not be found, which
 * happens whenever the broker is busy or away. Nobody would notice, so it is begun again; what is really wrong goes on failing.
 */
const RESTART_MS = 1_000;
/**
 * While much comes in, fetches begin no closer together than this. Every fetch is a request with all partitions in it, an answer, and a
 * transaction of whatever it brought, and all that costs much the same for ten records as for two hundred. What this process published
 * itself is gathered as long, until something comes that is hurried.
 */
const GATHER_MS = 25;
/** So many in one fetch are much: of leads that come alone there are fewer, and nothing of theirs waits. */
const MUCH = 16;
/**
 * A fresh broker refuses the first to join while it loads what groups have committed. A start waits for that, so that who
 * has started is ready; a group that cannot be joined for longer is no reason not to serve HTTP.
 */
const JOIN_WITHIN_MS = 10_000;

/** kafkajs resets silently when an offset is out of range (tulios/kafkajs#1119); a hole or a step back betrays it. */
export class RecordConsumer {
  readonly #client: KafkaClient;
  readonly #groupId: string;
  readonly #consumer: Consumer;
  readonly #expected = new Map<string, bigint>();
  readonly #done = new Map<string, PartitionOffset>();
  readonly #inHand = new Set<Promise<void>>();
  readonly #events = new EventEmitter();
  #generation = 0;
  #assignment: Promise<void> = Promise.resolve();
  #fetched = { at: 0, records: 0 };
  /** By partition, from where on this process has published last: anything, and something that is hurried. */
  readonly #published = new Map<string, bigint>();
  readonly #hurried = new Map<string, bigint>();
  readonly #resting = new Set<() => void>();
  #hear: ((publication: Publication) => void) | undefined;
  #halted = false;
  #restart: NodeJS.Timeout | undefined;

  constructor(client: KafkaClient, groupId: string) {
    this.#client = client;
    this.#groupId = groupId;
    this.#consumer = client.consumer({
      groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: 5 * SESSION_TIMEOUT_MS,
      maxWaitTimeInMs: MAX_WAIT_MS,
      allowAutoTopicCreation: false,
      retry: { ...RETRY, restartOnFailure: () => Promise.resolve(true) },
    });
  }

  /** `restarting`: the client lost its group or its brokers and begins again by itself. */
  on(event: 'restarting' | 'joined', listener: (detail: string) => void): this {
    this.#events.on(event, listener);
    return this;
  }

  /** A topic that another process made a moment ago is known to the controller before it is known to each broker. */
  async #subscribe(topics: readonly string[]): Promise<void> {
    for (const deadline = Date.now() + TOPIC_KNOWN_WITHIN_MS; ;) {
      try {
        return await this.#consumer.subscribe({ topics: [...topics], fromBeginning: true });
      } catch (error) {
        const unknown = (error as { type?: unknown }).type === 'UNKNOWN_TOPIC_OR_PARTITION';
        if (!unknown || Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /**
   * Reads the topics from where the group left off, or from the beginning. `process` is called once per partition and fetch,
   * several partitions at once; when it resolves, its records count as done and their offsets are committed soon after.
   */
  async run(options: {
    readonly topics: readonly string[];
    /** Fetches begin no closer together than this, however little comes in: for those on whom no lead waits. */
    readonly gatherMs?: number | undefined;
    /**
     * Whether records of this type are to be had at once, and others with them. All are, when not given. Of others it is known only
     * where this process published them, so whatever another one did is fetched at once.
     */
    readonly hurries?: (type: string) => boolean;
    readonly process: (batch: PartitionRecords) => Promise<void>;
    /** Where the effects of the group say that it has come at least; asked when the group itself has no offset. */
    readonly storedOffsets: () => Promise<readonly PartitionOffset[]>;
    readonly onOffsetAlarm: OffsetAlarm;
  }): Promise<void> {
    const { GROUP_JOIN, CRASH, REBALANCING, FETCH } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#generation += 1;
      this.#done.clear();
      this.#expected.clear();
      this.#assignment = this.#checkUntilDone(payload.memberAssignment, options);
      this.#events.emit('joined', JSON.stringify(payload.memberAssignment));
    });
    this.#consumer.on(REBALANCING, () => (this.#generation += 1));
    this.#consumer.on(FETCH, () => (this.#fetched = { at: performance.now(), records: 0 }));
    this.#consumer.on(CRASH, ({ payload }) => {
      this.#generation += 1;
      this.#events.emit('restarting', payload.error.name);
      if (!payload.restart && !this.#halted) this.#restart = setTimeout(() => void consume(), RESTART_MS);
    });
    const { hurries } = options;
    if (hurries) {
      this.#hear = ({ topic, partition, offset, types }) => {
        if (!options.topics.includes(topic)) return;
        this.#published.set(`${topic}/${partition}`, offset);
        if (!types.some(hurries)) return;
        this.#hurried.set(`${topic}/${partition}`, offset);
        for (const wake of this.#resting) wake();
      };
      published.on('published', this.#hear);
    }
    await this.#consumer.connect();
    await this.#subscribe(options.topics);
    const consume = () =>
      this.#consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        // Every partition of a fetch at once: what they bring is then handled in one transaction.
        partitionsConsumedConcurrently: 64,
        // eslint-disable-next-line @typescript-eslint/unbound-method -- kafkajs hands out free functions, typed as methods
        eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
          await this.#assignment;
          const { topic, partition } = batch;
          const generation = this.#generation;
          const isMine = () => generation === this.#generation && isRunning() && !isStale() && !this.#halted;
          if (!isMine() || batch.messages.length === 0) return;
          this.#fetched.records += batch.messages.length;
          if (!this.#continuous(topic, partition, BigInt(batch.firstOffset() ?? 0), options.onOffsetAlarm)) return;
          const records = batch.messages.map((message) => ({
            topic,
            partition,
            offset: BigInt(message.offset),
            key: message.key?.toString('utf8') ?? null,
            value: message.value,
            type: message.headers?.[TYPE_HEADER]?.toString() ?? null,
            headers: message.headers,
            timestamp: Number(message.timestamp),
          }));
          const lag = Math.max(0, Number(BigInt(batch.highWatermark) - BigInt(batch.lastOffset()) - 1n));
          const work = beating(heartbeat, () => options.process({ topic, partition, records, lag, isMine }));
          await this.#noting(work, () => {
            if (!isMine()) return;
            const next = BigInt(batch.lastOffset()) + 1n;
            resolveOffset(batch.lastOffset());
            this.#expected.set(`${topic}/${partition}`, next);
            this.#done.set(`${topic}/${partition}`, { topic, partition, offset: next });
          });
          const isOurs = (this.#published.get(`${topic}/${partition}`) ?? -1n) >= BigInt(batch.firstOffset() ?? 0);
          await this.#rest(options.gatherMs ?? (isOurs ? GATHER_MS : 0));
        },
      });
    let waiting: NodeJS.Timeout | undefined;
    const joined = new Promise((resolve) => {
      this.#events.once('joined', resolve);
      waiting = setTimeout(resolve, JOIN_WITHIN_MS);
    });
    await consume();
    await joined;
    clearTimeout(waiting);
  }

  /** The next fetch begins when all of this one is done with. */
  async #rest(gatherMs: number): Promise<void> {
    const { at, records } = this.#fetched;
    const isMuch = records >= MUCH;
    const leftMs = at + (isMuch ? Math.max(GATHER_MS, gatherMs) : gatherMs) - performance.now();
    if (leftMs < 1 || (!isMuch && this.#hasHurried)) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => wake(), leftMs);
      const wake = () => {
        clearTimeout(timer);
        this.#resting.delete(wake);
        resolve();
      };
      if (!isMuch) this.#resting.add(wake);
    });
  }

  /** Something hurried is behind what has been read. */
  get #hasHurried(): boolean {
    for (const [key, offset] of this.#hurried) {
      const next = this.#expected.get(key);
      if (next !== undefined && offset >= next) return true;
    }
    return false;
  }

  /** What `close` must wait for: the work and the note of how far it has come. */
  async #noting(work: Promise<void>, note: () => void): Promise<void> {
    const noted = work.then(note);
    this.#inHand.add(noted);
    await noted.finally(() => this.#inHand.delete(noted));
  }

  get hasOffsetsToCommit(): boolean {
    return this.#done.size > 0;
  }

  /**
   * Tells the group how far it has come. Cheap when nothing has been done since the last call.
   * @param store stores the same beside the effects, first
   */
  async commitOffsets(store: (done: readonly PartitionOffset[]) => Promise<void>): Promise<void> {
    if (this.#done.size === 0) return;
    const done = [...this.#done.values()];
    this.#done.clear();
    try {
      await store(done);
      await this.#consumer.commitOffsets(done.map((each) => ({ ...each, offset: String(each.offset) })));
    } catch (error) {
      // Whatever came in between is further on; the rest is committed with the next call, if still ours.
      for (const each of done) {
        const key = `${each.topic}/${each.partition}`;
        if (!this.#done.has(key)) this.#done.set(key, each);
      }
      throw error;
    }
  }

  /** Stops reading for good without leaving the group's offsets any further on. */
  async halt(): Promise<void> {
    this.#halted = true;
    if (this.#hear) published.off('published', this.#hear);
    clearTimeout(this.#restart);
    await this.#consumer.stop();
  }

  /** Waits for what is being processed, commits it and leaves the group. */
  async close(store: (done: readonly PartitionOffset[]) => Promise<void>): Promise<void> {
    await Promise.allSettled(this.#inHand);
    // Before the client stops, because stopping leaves the group, and only members may commit.
    await this.commitOffsets(store).catch(() => undefined);
    await this.halt();
    // A check of a fresh assignment may be under way, on a connection of its own.
    this.#generation += 1;
    await this.#assignment;
    await this.#consumer.disconnect();
  }

  #continuous(topic: string, partition: number, found: bigint, alarm: OffsetAlarm): boolean {
    const expected = this.#expected.get(`${topic}/${partition}`);
    if (expected === undefined || expected === found) return true;
    alarm({ topic, partition, offset: expected, found, why: found > expected ? 'records-missing' : 'went-back' });
    return false;
  }

  /** Nothing is processed before the check has gone through: a broker that is busy with a takeover is asked again. */
  async #checkUntilDone(assignment: Record<string, number[]>, sources: OffsetSources): Promise<void> {
    const generation = this.#generation;
    for (let pauseMs = 50; generation === this.#generation; pauseMs = Math.min(2 * pauseMs, MAX_CHECK_PAUSE_MS)) {
      try {
        await this.#checkOffsets(assignment, sources);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  /**
   * Compares where the group left off with what the broker still has, before anything is processed. A group that has been
   * empty for long has no offsets any more and goes on from the stored ones.
   */
  async #checkOffsets(
    assignment: Record<string, number[]>,
    { storedOffsets, onOffsetAlarm: alarm }: OffsetSources,
  ): Promise<void> {
    const topics = Object.keys(assignment);
    if (topics.length === 0) return;
    const stored = new Map((await storedOffsets()).map((each) => [`${each.topic}/${each.partition}`, each.offset]));
    const admin = this.#client.admin();
    await admin.connect();
    try {
      const committed = await admin.fetchOffsets({ groupId: this.#groupId, topics });
      for (const { topic, partitions } of committed) {
        const kept = new Map((await admin.fetchTopicOffsets(topic)).map((each) => [each.partition, each]));
        for (const { partition, offset } of partitions) {
          const range = kept.get(partition);
          if (!range || !assignment[topic]?.includes(partition)) continue;
          const known = BigInt(offset);
          const next = known === NEVER_COMMITTED ? (stored.get(`${topic}/${partition}`) ?? known) : known;
          const low = BigInt(range.low);
          const high = BigInt(range.high);
          if (next === RESET_BY_CLIENT) alarm({ topic, partition, offset: next, found: low, why: 'was-reset' });
          else if (next >= 0n && next < low)
            alarm({ topic, partition, offset: next, found: low, why: 'deleted-before-read' });
          else if (next > high) alarm({ topic, partition, offset: next, found: high, why: 'topic-is-shorter' });
          else if (next >= 0n) {
            this.#expected.set(`${topic}/${partition}`, next);
            // What the client has fetched from the beginning is stale by this, and is fetched again from here.
            if (known === NEVER_COMMITTED) this.#consumer.seek({ topic, partition, offset: String(next) });
          }
        }
      }
    } finally {
      await admin.disconnect();
    }
  }
}

type OffsetSources = Pick<Parameters<RecordConsumer['run']>[0], 'storedOffsets' | 'onOffsetAlarm'>;

/** Long work must not look like a dead member: heartbeats go on beside it. */
async function beating(heartbeat: () => Promise<void>, work: () => Promise<void>): Promise<void> {
  // A refused heartbeat means a rebalance, which the next fetch notices; the work in hand may finish all the same.
  const timer = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
}
