import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { derivedId } from '@fairlead/events';
import {
  CONNECTIONS,
  type Connections,
  Kafka,
  Parking,
  type ReceivedRecord,
  RecordReader,
  UnitsOfWork,
} from '@fairlead/messaging';
import { isTransient } from '@fairlead/persistence';
import { PersonalData } from '@fairlead/personal-data';
import { Problem, ReadinessProbes } from '@fairlead/platform';
import { readInboundRecord, type InboundRecord } from '../inbound/read-inbound-record.js';
import { Backlog } from '../intake/backlog.js';
import { isSourceId } from '../intake/prepare-rows.js';
import { inboundTotal } from '../metrics.js';
import { TakeArrivals } from '../sources/take-arrivals.js';
import { type Source, SourcesStore } from '../store/sources.store.js';

/** As many as are committed together, more or less; each is tens of kilobytes at most. */
const CHUNK = 250;
/** What is full or away is asked again; records wait in the topic meanwhile, for three days. */
const WAIT_MS = 500;
/** A record that fails by a fault of ours is tried again twice: a lost race goes well then, a bug fails as well the tenth. */
const MAX_ATTEMPTS = 3;

type Usable = { readonly record: ReceivedRecord; readonly inbound: InboundRecord; readonly source: Source };

/**
 * fairlead.inbound → what POST /v1/leads and a source's webhooks say, by the same road. Records of one key are taken in their
 * order, others together. One that came before (the same event, or read twice) is known by its key and has no effect. What cannot
 * be used is told to its source and parked without its bytes: these are contact data in clear, and stay where they are, for the
 * topic's three days.
 */
@Injectable()
export class InboundLeadsReader implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('inbound');
  readonly reader: RecordReader;

  constructor(
    kafka: Kafka,
    private readonly units: UnitsOfWork,
    @Inject(CONNECTIONS) connections: Connections,
    probes: ReadinessProbes,
    private readonly parking: Parking,
    private readonly backlog: Backlog,
    private readonly sources: SourcesStore,
    private readonly arrivals: TakeArrivals,
    private readonly personalData: PersonalData,
  ) {
    this.reader = new RecordReader(kafka, units, connections, {
      name: 'ingestion-inbound',
      topic: 'inbound',
      chunk: CHUNK,
      take: (records, isClosing) => this.#take(records, isClosing),
    });
    probes.add('ingestion inbound', () => this.reader.failure);
  }

  onApplicationBootstrap(): void {
    this.reader.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.reader.close();
  }

  async #take(records: readonly ReceivedRecord[], isClosing: () => boolean): Promise<void> {
    const startedAt = Date.now();
    const counts: Record<string, number> = {};
    for (const round of inRounds(records)) {
      // All of a round at once: they are committed together. All are waited for, also when one fails.
      const settled = await Promise.allSettled(round.map((record) => this.#takeOne(record, isClosing)));
      for (const each of settled) {
        if (each.status === 'rejected') throw each.reason;
        counts[each.value] = (counts[each.value] ?? 0) + 1;
        inboundTotal.inc({ status: each.value });
      }
    }
    this.#log.log({ event: 'inbound.taken', records: records.length, ...counts, ms: Date.now() - startedAt });
  }

  /** @returns what became of it: of its lead, or `parked` */
  async #takeOne(record: ReceivedRecord, isClosing: () => boolean): Promise<string> {
    for (let failures = 0; ;) {
      try {
        this.backlog.refuseWhenFull();
        return await this.#takeNow(record);
      } catch (error) {
        // Somebody else's outage is waited out, for as long as it takes; not by one who is about to end.
        const passes = isTransient(error) || (error instanceof Problem && error.getStatus() === 503);
        if (isClosing()) throw error;
        if (!passes && (failures += 1) >= MAX_ATTEMPTS) {
          // The text of an error may hold what was sent.
          this.#log.error({ event: 'inbound.failed', ...addressOf(record), error: (error as Error).name });
          return this.#park(record, 'inbound-failed');
        }
        await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
      }
    }
  }

  async #takeNow(record: ReceivedRecord): Promise<string> {
    const inbound = readInboundRecord(record);
    if (typeof inbound === 'string') return this.#park(record, inbound);
    const { sourceId } = inbound;
    if (sourceId === undefined) return this.#park(record, 'inbound-without-source');
    const source = isSourceId(sourceId) ? await this.sources.find(sourceId) : undefined;
    if (!source) return this.#park(record, 'inbound-unknown-source');
    const [result] = await this.#takeArrivals({ record, inbound, source });
    return result?.status === 'rejected' ? this.#park(record, 'inbound-not-usable') : (result?.status ?? 'ignored');
  }

  #takeArrivals({ record, inbound, source }: Usable) {
    const now = Date.now();
    const arrivals = inbound.read({ mapping: mappingOf(source), canFetch: false, now });
    return this.arrivals.take(arrivals, {
      source,
      now,
      // An event's own name, as its webhook would have; else its place, which is nobody else's.
      keyOf: ({ key }, index) => this.#hash(key === undefined ? `inbound/${placeOf(record)}/${index}` : `key/${key}`),
      traceparentOf: () => inbound.traceparent,
    });
  }

  async #park(record: ReceivedRecord, errorClass: string): Promise<'parked'> {
    const { topic, partition, offset } = record;
    const id = derivedId(placeOf(record), 'inbound');
    const parked = { id, key: id, type: 'inbound', address: { topic, partition, offset }, bytes: Buffer.alloc(0) };
    await this.units.run((unit) => this.parking.park(unit, parked, errorClass));
    return 'parked';
  }

  #hash(text: string): string {
    return this.personalData.keyedHash('request', text).toString('base64');
  }
}

/** A mapping is about its own format: the columns of a table are no fields of a record. */
function mappingOf({ format, mapping }: Source): Source['mapping'] {
  return ['json', 'ndjson', 'cloudevents'].includes(format) ? mapping : undefined;
}

/** The n-th record of each key is in the n-th round; those without a key wait for nobody. */
function inRounds(records: readonly ReceivedRecord[]): ReceivedRecord[][] {
  const before = new Map<string, number>();
  const rounds: ReceivedRecord[][] = [];
  for (const record of records) {
    const round = record.key === null ? 0 : (before.get(record.key) ?? 0);
    if (record.key !== null) before.set(record.key, round + 1);
    (rounds[round] ??= []).push(record);
  }
  return rounds;
}

function placeOf({ topic, partition, offset }: ReceivedRecord): string {
  return `${topic}/${partition}@${offset}`;
}

function addressOf({ topic, partition, offset }: ReceivedRecord) {
  return { topic, partition, offset: String(offset) };
}
