import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs, { type Consumer } from 'kafkajs';
import { startKafka } from '../../../infra/local/kafka.mjs';
import type { LocalServer } from '../../../infra/local/local-server.mjs';
import { MortalServices } from './fixture/mortal-services.js';
import { Receivers } from './fixture/receivers.js';

// What the vendor's marketing notices of an outage behind the entrance: nothing.

const OUTAGE_MS = 30_000;
const PATIENCE_MS = 240_000;

interface Answer {
  readonly results: readonly { readonly id: string; readonly status: string }[];
}

describe('leads that come in while Kafka is away', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-outage-'));
  const shared = process.env['TEST_KAFKA_BROKERS'];
  let kafka: LocalServer & { readonly brokers: string };
  let services: MortalServices;
  let receivers: Receivers;
  let log: LifecycleLog;

  beforeAll(async () => {
    await chmod(dir, 0o711);
    kafka = await startKafka({ dir: join(dir, 'kafka') });
    process.env['TEST_KAFKA_BROKERS'] = kafka.brokers;
    [services, receivers] = await Promise.all([MortalServices.start(), new Receivers().listen()]);
    const endpoint = { url: receivers.urlOf('direct'), events: ['lead.routed'] };
    const { secret } = await services.call<{ secret: string }>('PUT', '/v1/partners/direct/endpoints/crm', endpoint);
    receivers.knows('direct', secret);
    await services.call('PUT', '/v1/sources/website', { format: 'json' });
    log = await LifecycleLog.follow(kafka.brokers);
  }, PATIENCE_MS);

  afterAll(async () => {
    process.env['TEST_KAFKA_BROKERS'] = shared;
    await log.close();
    await services.stop();
    await receivers.close();
    await kafka.stop();
    rmSync(dir, { recursive: true, force: true });
  }, PATIENCE_MS);

  const send = async (number: number): Promise<string> => {
    const lead = { source: 'website', externalId: `w-${number}`, country: 'DE', consent: true };
    const { results } = await services.call<Answer>('POST', '/v1/leads', lead);
    expect(results).toMatchObject([{ status: 'received' }]);
    return results[0]?.id ?? '';
  };

  const arrived = async (ids: readonly string[]): Promise<void> => {
    for (const until = Date.now() + 60_000; ;) {
      const told = new Set(receivers.deliveries.map(({ lead }) => lead));
      const missing = ids.filter((id) => !told.has(id)).length;
      if (missing === 0) return;
      if (Date.now() > until) throw new Error(`${missing} of ${ids.length} leads never reached the webhook`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  it(
    'are all answered, and all delivered once and in order when it is back',
    async () => {
      const before = [await send(1), await send(2)];
      await arrived(before);

      await kafka.kill();
      const during: string[] = [];
      for (const until = Date.now() + OUTAGE_MS; Date.now() < until;) {
        during.push(await send(during.length + 3));
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(during.length).toBeGreaterThan(50);
      expect(receivers.deliveries).toHaveLength(before.length);
      await kafka.start();

      await arrived(during);
      const ids = [...before, ...during];
      const deliveriesOf = Map.groupBy(receivers.deliveries, ({ lead }) => lead);
      for (const id of ids) expect(new Set(deliveriesOf.get(id)?.map(({ webhookId }) => webhookId)).size).toBe(1);
      await log.until(() => ids.every((id) => log.typesOf(id).includes('partner.notified')));
      const road = ['lead.received', 'lead.scored', 'lead.routed', 'partner.notified'];
      for (const id of ids) expect(log.typesOf(id)).toEqual(road);
    },
    PATIENCE_MS,
  );
});

/** The lifecycle topic as anybody may read it: the first copy of each event, in order. */
class LifecycleLog {
  readonly #types = new Map<string, string[]>();
  readonly #seen = new Set<string>();

  private constructor(private readonly consumer: Consumer) {}

  static async follow(brokers: string): Promise<LifecycleLog> {
    const client = new kafkajs.Kafka({
      brokers: brokers.split(','),
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 200 },
    });
    const consumer = client.consumer({ groupId: 'onlooker', maxWaitTimeInMs: 200 });
    const log = new LifecycleLog(consumer);
    await consumer.connect();
    await consumer.subscribe({ topic: /\.lifecycle$/, fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => {
        const { id, subject, type } = JSON.parse(String(message.value)) as Record<'id' | 'subject' | 'type', string>;
        if (!log.#seen.has(id)) log.#types.set(subject, [...(log.#types.get(subject) ?? []), type]);
        log.#seen.add(id);
        return Promise.resolve();
      },
    });
    return log;
  }

  typesOf(leadId: string): string[] {
    return this.#types.get(leadId) ?? [];
  }

  async until(condition: () => boolean): Promise<void> {
    for (const end = Date.now() + 60_000; !condition();) {
      if (Date.now() > end) throw new Error('the lifecycle topic never told the end of it');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async close(): Promise<void> {
    await this.consumer.disconnect();
  }
}
