// What the parts can do by themselves on this machine, measured in the same run: no road over them can be faster.
import { createHmac, randomUUID } from 'node:crypto';
import { Kafka } from '@fairlead/messaging';
import { createDataSource, inTransaction, queryOf, RowCopy } from '@fairlead/persistence';
import { Pool } from 'undici';

/** About the size of a lead.scored event. */
const EVENT_BYTES = 1_000;
/** What the road's own batches come to under load. */
const BATCH = 100;
/** What intake takes in together, twice over. */
const COPIED_AT_ONCE = 1_000;

/** Runs `work`, which does `perRound` things, for that long, and answers how many a second. */
async function rate(seconds: number, perRound: number, work: () => Promise<void>): Promise<number> {
  for (let i = 0; i < 5; i += 1) await work();
  const began = performance.now();
  let rounds = 0;
  while (performance.now() - began < seconds * 1_000) {
    await work();
    rounds += 1;
  }
  return (rounds * perRound) / ((performance.now() - began) / 1_000);
}

/** Events a second that kafkajs sends, acknowledged, in batches of 100. */
export async function rawKafka(brokers: readonly string[], seconds: number): Promise<number> {
  const kafka = new Kafka({ brokers, clientId: 'bench' });
  await kafka.createTopics([{ name: 'bench.raw', partitions: 6, retentionMs: 3_600_000, maxBatchBytes: 1_048_588 }]);
  const producer = kafka.producer();
  const value = Buffer.alloc(EVENT_BYTES, 'x');
  const records = Array.from({ length: BATCH }, (_, i) => ({
    topic: 'bench.raw',
    key: `lead-${i}`,
    value,
    headers: {},
  }));
  const found = await rate(seconds, BATCH, () => producer.send(records));
  await producer.close();
  return found;
}

/** Rows a second that PostgreSQL takes durably: a transaction for each hundred, one statement each. */
export async function rawPostgres(url: string, seconds: number): Promise<number> {
  const dataSource = createDataSource({ url, schema: 'bench', poolSize: 1, applicationName: 'fairlead-bench' });
  await dataSource.initialize();
  const query = queryOf(dataSource);
  await query('CREATE SCHEMA IF NOT EXISTS bench');
  await query('CREATE TABLE IF NOT EXISTS raw (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), event bytea NOT NULL)');
  const events = Array.from({ length: BATCH }, () => Buffer.alloc(EVENT_BYTES, 'x'));
  const found = await rate(seconds, BATCH, () =>
    inTransaction(dataSource, async (insert) => {
      await insert('INSERT INTO raw (event) SELECT * FROM unnest($1::bytea[])', [events]);
    }),
  );
  await query('DROP TABLE raw');
  await dataSource.destroy();
  return found;
}

/** Rows a second that COPY writes durably, a thousand in a transaction. */
export async function rawCopy(url: string, seconds: number): Promise<number> {
  const dataSource = createDataSource({ url, schema: 'bench', poolSize: 2, applicationName: 'fairlead-bench' });
  await dataSource.initialize();
  const query = queryOf(dataSource);
  await query('CREATE SCHEMA IF NOT EXISTS bench');
  await query('CREATE TABLE IF NOT EXISTS copied (id uuid PRIMARY KEY, event text NOT NULL)');
  const event = 'x'.repeat(EVENT_BYTES);
  const found = await rate(seconds, COPIED_AT_ONCE, async () => {
    const copy = await RowCopy.into(dataSource, 'copied', ['id', 'event']);
    for (let row = 0; row < COPIED_AT_ONCE; row++) await copy.write([randomUUID(), event]);
    await copy.end();
  });
  await query('DROP TABLE copied');
  await dataSource.destroy();
  return found;
}

/** Signed requests a second that a bare undici pool delivers to the same receiver. */
export async function rawWebhooks(origin: string, seconds: number): Promise<number> {
  const pool = new Pool(origin, { connections: 50 });
  const body = JSON.stringify({ specversion: '1.0', type: 'lead.routed', filler: 'x'.repeat(EVENT_BYTES) });
  let sent = 0;
  const send = async (): Promise<void> => {
    const id = `raw-${(sent += 1)}`;
    const signature = createHmac('sha256', 'bench').update(`${id}.0.${body}`).digest('base64');
    const answer = await pool.request({
      method: 'POST',
      path: '/raw',
      headers: { 'webhook-id': id, 'webhook-timestamp': '0', 'webhook-signature': `v1,${signature}` },
      body,
    });
    await answer.body.dump();
  };
  const found = await rate(seconds, BATCH, async () => {
    await Promise.all(Array.from({ length: BATCH }, send));
  });
  await pool.close();
  return found;
}
