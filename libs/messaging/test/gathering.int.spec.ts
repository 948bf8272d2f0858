import { randomUUID } from 'node:crypto';
import { TYPE_HEADER } from '@fairlead/events';
import { createTopics, Kafka, type PartitionRecords } from '../src/index.js';

/** Whatever is not hurried waits for so long: it would show. Heartbeats go between two fetches, so the group must bear it. */
const GATHER_MS = 1_500;

describe('a consumer on whom no lead waits', () => {
  it('takes together what comes in within its time, and at once when something hurried has been published beside it', async () => {
    const kafka = new Kafka({ brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','), clientId: 'test' });
    const topicPrefix = `t${randomUUID().slice(0, 8)}.`;
    const topic = `${topicPrefix}control`;
    await createTopics({
      databaseUrl: '',
      kafka: { brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','), clientId: 'test' },
      topicPrefix,
    });
    const producer = kafka.producer();
    const publish = (type: string) =>
      producer.send([{ topic, key: 'one', value: Buffer.from('{}'), headers: { [TYPE_HEADER]: type } }]);
    const fetched: (string | null)[][] = [];
    let heard = () => undefined as void;
    const consumer = kafka.consumer(`${topicPrefix}group`);
    await consumer.run({
      topics: [topic],
      gatherMs: GATHER_MS,
      hurries: (type) => type === 'urgent',
      process: ({ records }: PartitionRecords) => {
        fetched.push(records.map(({ type }) => type));
        heard();
        return Promise.resolve();
      },
      storedOffsets: () => Promise.resolve([]),
      onOffsetAlarm: ({ why }) => expect(why).toBe('nothing'),
    });
    const next = () => new Promise<void>((resolve) => (heard = resolve));

    let came = next();
    await publish('first');
    await came;
    came = next();
    const began = performance.now();
    for (const type of ['second', 'third', 'urgent']) await publish(type);
    await came;
    const hurriedMs = performance.now() - began;
    came = next();
    for (const type of ['fourth', 'fifth']) await publish(type);
    await came;

    expect(fetched).toEqual([['first'], ['second', 'third', 'urgent'], ['fourth', 'fifth']]);
    expect(hurriedMs).toBeLessThan(GATHER_MS);
    await consumer.close(() => Promise.resolve());
    await producer.close();
  }, 60_000);
});
