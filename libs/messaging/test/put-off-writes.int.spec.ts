import { randomUUID } from 'node:crypto';
import { encodeEvent, LeadContacted, LeadLost } from '@fairlead/events';
import { createDataSource, migrate, type Query, queryOf } from '@fairlead/persistence';
import { register } from 'prom-client';
import type { DataSource } from 'typeorm';
import { Kafka, Relay, UnitsOfWork } from '../src/index.js';
import { Road } from './fixture/road.js';

const migrations = [new URL('../migrations/', import.meta.url), new URL('./migrations/', import.meta.url)];

describe('what a unit of work puts off, with a real database', () => {
  let road: Road;
  let dataSource: DataSource;
  let query: Query;
  let units: UnitsOfWork;

  beforeAll(async () => {
    road = await Road.open();
    const schema = 'echo';
    dataSource = createDataSource({ url: road.databaseUrl, schema, poolSize: 2, applicationName: 'put-off-writes' });
    await dataSource.initialize();
    await migrate(dataSource, migrations);
    query = queryOf(dataSource);
    const kafka = { brokers: road.brokers, clientId: 'test' };
    const service = { name: 'echo', schema, migrations: migrations[1] as URL, topics: ['lifecycle'] as const };
    // Never started: what is said stays in the outbox, where it can be looked at.
    const relay = new Relay(dataSource, new Kafka(kafka), service, {
      databaseUrl: road.databaseUrl,
      kafka,
      topicPrefix: road.prefix,
    });
    units = new UnitsOfWork(dataSource, relay);
  });
  afterEach(() => query('TRUNCATE ledger, seen, once, outbox'));
  afterAll(async () => {
    await dataSource.destroy();
    await road.close();
  });

  const told = (lead: string, step: number) =>
    encodeEvent(LeadContacted, {
      id: randomUUID(),
      source: '/test',
      subject: lead,
      time: 0,
      data: { party: 'direct', offer: step, at: 0 },
    });
  const statements = async () => {
    const counter = await register.getSingleMetric('fairlead_sql_statements_total')?.get();
    return counter?.values.find(({ labels }) => labels['schema'] === 'echo')?.value ?? 0;
  };
  const steps = async () =>
    (await query<{ step: number }>('SELECT step FROM ledger ORDER BY step')).map((row) => row.step);
  const noteStep = 'INSERT INTO ledger (lead_id, step) VALUES ($1, $2)';

  it('is written at the end, in one statement with what was said, in the order said', async () => {
    const said = [3, 1, 2].map((step) => told('a', step));
    const before = await statements();

    await units.run(async (unit) => {
      unit.say(said.slice(0, 1));
      unit.write(noteStep, ['a', 1]);
      unit.write('INSERT INTO seen (lead_id, steps) VALUES ($1, $2)', ['a', 7]);
      unit.say(said.slice(1));
      expect(await unit.query('SELECT * FROM ledger')).toEqual([]);
    });

    // Beginning, the look in the middle, everything, end.
    expect((await statements()) - before).toBe(4);
    expect(await steps()).toEqual([1]);
    expect(await query('SELECT * FROM seen')).toEqual([{ lead_id: 'a', steps: 7 }]);
    expect(await query('SELECT event_id FROM outbox ORDER BY position')).toEqual(
      said.map(({ id }) => ({ event_id: id })),
    );
  });

  it('is dropped when the unit fails, before or after that was known', async () => {
    const refused = new Error('refused');
    const failing = units.run((unit) => {
      unit.write(noteStep, ['a', 1]);
      unit.say([told('a', 1)]);
      return Promise.reject(refused);
    });
    await expect(failing).rejects.toBe(refused);
    const failingLate = units.run(async (unit) => {
      unit.write(noteStep, ['a', 1]);
      await unit.writeNow();
      unit.say([told('a', 1)]);
      throw refused;
    });
    await expect(failingLate).rejects.toBe(refused);
    expect(await steps()).toEqual([]);
    expect(await query('SELECT * FROM outbox')).toEqual([]);
  });

  it('fails by the name of what was hurt, and takes the whole unit with it', async () => {
    await query('INSERT INTO once VALUES (4711)');
    const failing = units.run((unit) => {
      unit.write(noteStep, ['a', 1]);
      unit.write('INSERT INTO once (step) VALUES ($1)', [4711]);
      unit.say([told('a', 1)]);
      return Promise.resolve();
    });
    await expect(failing).rejects.toMatchObject({ name: 'QueryFailed', code: '23505', constraint: 'once_pkey' });
    await expect(failing).rejects.not.toThrow('4711');
    expect(await steps()).toEqual([]);
    expect(await query('SELECT * FROM outbox')).toEqual([]);
  });

  it('may change a row twice: the second sees the first', async () => {
    await units.run((unit) => {
      unit.write(noteStep, ['a', 1]);
      unit.write('UPDATE ledger SET step = step + 1', []);
      unit.write('UPDATE ledger SET step = step * 10', []);
      return Promise.resolve();
    });
    expect(await steps()).toEqual([20]);
  });

  it('is read by what comes next when it was written meanwhile, and is not written again', async () => {
    await units.run(async (unit) => {
      unit.write(noteStep, ['a', 1]);
      await unit.writeNow();
      await unit.writeNow();
      expect(await unit.query('SELECT step FROM ledger')).toEqual([{ step: 1 }]);
      unit.write(noteStep, ['a', 2]);
    });
    expect(await steps()).toEqual([1, 2]);
  });

  it('is there for the next handler of the same batch', async () => {
    const leads = Array.from({ length: 20 }, () => randomUUID() as string);
    const producer = new Kafka({ brokers: road.brokers, clientId: 'test' }).producer();
    const records = leads.flatMap((lead) => [road.record(lead, 1), road.record(lead, 1, LeadLost)]);
    await producer.send(records);
    await producer.close();

    await road.start();
    await road.settled(leads, 1);
    await road.until(async () => (await query('SELECT * FROM seen')).length === leads.length);
    expect(await query('SELECT DISTINCT steps FROM seen')).toEqual([{ steps: 1 }]);
  });
});
