import { Logger } from '@nestjs/common';
import { type Topic, topicName } from '@fairlead/events';
import type { Connections } from './connections.js';
import { storedOffsets, storeOffsets } from './consumer-offsets.js';
import { type Kafka, type PartitionOffset, type ReceivedRecord, type RecordConsumer } from './kafka.js';
import { consumerLag } from './metrics.js';
import type { UnitsOfWork } from './unit-of-work.js';
import { classOf } from './unprocessable.js';

/** How much may be read twice, and recognised as such, after a crash. */
const COMMIT_OFFSETS_EVERY_MS = 500;
/** A broker that is away at the start is waited for; nothing else waits for the reader. */
const START_AGAIN_MS = 1_000;

export interface Reading {
  /** Consumer group and rows of offsets are named after it. */
  readonly name: string;
  readonly topic: Topic;
  /** Records that are handed over at once: of one partition, in their order. */
  readonly chunk: number;
  /**
   * Resolves when the effects of these records are stored for good; they may come again, and must have none then. What it
   * throws stops the partition until the group is joined again, so it waits out outages itself.
   */
  readonly take: (records: readonly ReceivedRecord[], isClosing: () => boolean) => Promise<void>;
}

/** Reads a topic that others write to, whatever they write: no event of ours is expected, and none decoded. */
export class RecordReader {
  readonly #log: Logger;
  #consumer: RecordConsumer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closing = false;
  #starting: Promise<void> = Promise.resolve();
  #failure: string | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly units: UnitsOfWork,
    private readonly connections: Pick<Connections, 'topicPrefix'>,
    private readonly reading: Reading,
  ) {
    this.#log = new Logger(`${reading.name}/reader`);
  }

  /** Why nothing is being read, if so. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get group(): string {
    return `${this.connections.topicPrefix}${this.reading.name}`;
  }

  get topic(): string {
    return topicName(this.reading.topic, this.connections.topicPrefix);
  }

  /** Begins, and goes on beginning until the broker is there. Does not wait for that. */
  start(): void {
    this.#starting = this.#startUntilDone();
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#timer);
    await this.#starting;
    await this.#consumer?.close((done) => this.#store(done));
  }

  async #startUntilDone(): Promise<void> {
    while (!this.#closing) {
      const consumer = this.kafka.consumer(this.group);
      try {
        await this.#run(consumer);
        this.#consumer = consumer;
        this.#timer = setInterval(() => void this.#commit(), COMMIT_OFFSETS_EVERY_MS);
        return;
      } catch (error) {
        this.#failure = `cannot begin (${classOf(error)})`;
        await consumer.close(() => Promise.resolve()).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, START_AGAIN_MS));
      }
    }
  }

  async #run(consumer: RecordConsumer): Promise<void> {
    const { name, chunk, take } = this.reading;
    consumer.on('restarting', (why) => (this.#failure = `lost its group or the brokers (${why})`));
    consumer.on('joined', () => (this.#failure = undefined));
    await consumer.run({
      topics: [this.topic],
      process: async ({ topic, partition, records, lag, isMine }) => {
        consumerLag.set({ service: name, topic, partition }, lag);
        for (let from = 0; from < records.length && isMine(); from += chunk) {
          if (this.#closing) throw new Error('closing: what was not begun is left for the next start');
          await take(records.slice(from, from + chunk), () => this.#closing);
        }
      },
      storedOffsets: () => storedOffsets(this.units.query, name),
      onOffsetAlarm: ({ topic, partition, offset, found, why }) => {
        this.#failure = `${topic}/${partition}: expected offset ${offset}, found ${found} (${why})`;
        this.#log.error(
          `halted: ${this.#failure}. Records may be missing; set the group ${this.group} and the table consumer_offsets to offsets that you have checked, and start again.`,
        );
        void consumer.halt();
      },
    });
  }

  async #commit(): Promise<void> {
    // Refused while the group rebalances or the broker is away: what is not committed comes again and is recognised.
    await this.#consumer?.commitOffsets((done) => this.#store(done)).catch(() => undefined);
  }

  #store(done: readonly PartitionOffset[]): Promise<void> {
    return storeOffsets(this.units.query, this.reading.name, done);
  }
}
