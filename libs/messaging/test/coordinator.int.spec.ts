// A whole deployment was started on a fresh broker. One consumer asked for its coordinator at a moment when the broker
// closed the connection: kafkajs takes that for permanent and stopped, while the log said that it was joining again and the
// process said that it was ready. No test saw it, because a restarted broker usually answers in a way that may be retried.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { createTopics, Kafka } from '../src/index.js';

// The client's inner parts, which have no types.
const require = createRequire(import.meta.url);
const { prototype: cluster } = require('kafkajs/src/cluster/index.js') as {
  prototype: { findGroupCoordinator(this: void): Promise<unknown> };
};
const { KafkaJSGroupCoordinatorNotFound: NotFound } = require('kafkajs/src/errors.js') as {
  KafkaJSGroupCoordinatorNotFound: new (why: string) => Error;
};

describe('a consumer whose coordinator cannot be found', () => {
  const original = cluster.findGroupCoordinator;
  afterEach(() => {
    cluster.findGroupCoordinator = original;
  });

  it('asks again until it is found, although the client gives up', async () => {
    const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
    const prefix = `t${randomUUID().slice(0, 8)}.`;
    const settings = { brokers, clientId: 'test' };
    await createTopics({ databaseUrl: '', kafka: settings, topicPrefix: prefix });
    let refusals = 0;
    cluster.findGroupCoordinator = () => {
      refusals += 1;
      if (refusals > 2) cluster.findGroupCoordinator = original;
      return Promise.reject(new NotFound('Failed to find group coordinator'));
    };

    const restarts: string[] = [];
    const consumer = new Kafka(settings).consumer(`${prefix}group`);
    const joined = new Promise((resolve) => consumer.on('joined', resolve));
    consumer.on('restarting', (why) => restarts.push(why));
    await consumer.run({
      topics: [`${prefix}lifecycle`],
      process: () => Promise.resolve(),
      storedOffsets: () => Promise.resolve([]),
      onOffsetAlarm: ({ why }) => expect(why).toBe('nothing'),
    });
    await joined;

    // What follows is a broker's own: a fresh one may be busy with loading.
    expect(restarts.slice(0, 3)).toEqual(Array.from({ length: 3 }, () => 'KafkaJSGroupCoordinatorNotFound'));
    await consumer.close(() => Promise.resolve());
  });
});
