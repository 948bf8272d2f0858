import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Road } from './fixture/road.js';

interface Server {
  stop(): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
  restart(): Promise<void>;
}
const local = new URL('../../../infra/local/', pathToFileURL(import.meta.filename));

describe('messaging, while its servers are away', () => {
  let postgres: Server & { url: string };
  let kafka: Server & { brokers: string };
  let road: Road;
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-outages-'));

  beforeAll(async () => {
    await chmod(dir, 0o711);
    const { startPostgres } = (await import(new URL('postgres.mjs', local).href)) as {
      startPostgres(options: { dir: string }): Promise<typeof postgres>;
    };
    const { startKafka } = (await import(new URL('kafka.mjs', local).href)) as {
      startKafka(options: { dir: string }): Promise<typeof kafka>;
    };
    postgres = await startPostgres({ dir: join(dir, 'postgres') });
    kafka = await startKafka({ dir: join(dir, 'kafka') });
    road = await Road.open({ databaseUrl: postgres.url, brokers: kafka.brokers });
  }, 120_000);
  afterEach(() => road.killAll());
  afterAll(async () => {
    await road.close();
    await kafka.stop();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }, 60_000);

  it.each([
    ['restarted', () => postgres.restart()],
    ['killed', () => postgres.kill().then(() => postgres.start())],
  ])('waits for a PostgreSQL that is %s, parks nothing and loses nothing', async (_, outage) => {
    const service = await road.start();
    const leads = await road.send(50, 2);
    await road.until(() => Promise.resolve(road.published().size > 0));
    const more = road.send(leads, 4, 3);
    await outage();
    await more;
    await road.expectExactlyOnce(leads, 6);
    const { rows } = await road.db.query('SELECT * FROM parked');
    expect(rows).toEqual([]);
    expect(service.child.exitCode).toBeNull();
  });

  it('keeps what is said while Kafka is away, and publishes it in order when it is back', async () => {
    const service = await road.start();
    const leads = await road.send(20, 3);
    await road.expectExactlyOnce(leads, 3);
    await kafka.kill();
    for (const lead of leads) await say(lead, 4);
    for (const lead of leads) await say(lead, 5);
    await road.until(async () => (await service.ask<{ relay: string | null }>({ status: true })).relay !== null);

    await kafka.start();
    await road.settled(leads, 5);
    expect([...new Set(leads.map((lead) => road.published().get(lead)?.join()))]).toEqual(['1,2,3,4,5']);
    await road.send(leads, 1, 6);
    await road.settled(leads, 6);
    expect(await service.ask({ status: true })).toEqual({ consumer: null, relay: null });
  });

  /** As a unit of work of another process would: the event goes to the outbox and nowhere else. */
  async function say(lead: string, step: number): Promise<void> {
    const record = road.record(lead, step);
    const bytes = Buffer.from(record.value.toString().replaceAll('lead.contacted', 'lead.qualified'));
    await road.db.query(
      `INSERT INTO outbox (event_id, topic, key, type, event) VALUES (gen_random_uuid(), 'lifecycle', $1, 'lead.qualified', $2)`,
      [lead, bytes],
    );
  }
});
