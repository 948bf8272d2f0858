import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';
import { Client } from 'pg';
import { HeldLeadsStore } from '../src/store/held-leads.store.js';
import { type Intake, startIntake } from './fixture/intake.js';

const HOUR_MS = 3_600_000;

/** Two processes, each in a transaction of its own. The service that runs beside them has nothing to do: no time of its clock is up. */
describe('held leads that two processes have in hand', () => {
  let intake: Intake;
  const held = new HeldLeadsStore();
  const clients: Client[] = [];
  let people = 0;

  beforeAll(async () => {
    intake = await startIntake();
    await intake.source('web');
    const incomplete = { needs: ['company'], holdFor: '2h', then: 'route' };
    await intake.activate({
      name: 'holding',
      pools: [{ id: 'all', match: {}, promise: { direct: 50, channel: 50 }, incomplete }],
    });
    for (let each = 0; each < 2; each++) {
      const client = new Client({ connectionString: intake.databaseUrl });
      await client.connect();
      // One that waits for the other fails by this, rather than for ever.
      await client.query(`SET search_path = ingestion; SET lock_timeout = '2s'`);
      clients.push(client);
    }
  });
  afterAll(async () => {
    for (const client of clients) await client.end();
    await intake?.end();
  });
  beforeEach(async () => {
    for (const client of clients) await client.query('BEGIN');
  });
  afterEach(async () => {
    for (const client of clients) await client.query('ROLLBACK');
    await intake.rows('DELETE FROM held_leads');
  });

  async function sent(heldFor: string): Promise<string> {
    const json = { email: `p.${(people += 1)}@company.example` };
    const { body } = await intake.call('/v1/leads?source=web', { json });
    const { id = '', status } = body.results?.[0] ?? {};
    expect(status).toBe('held');
    await intake.rows(`UPDATE held_leads SET until = now() + interval '${heldFor}' WHERE lead_id = '${id}'`);
    return id;
  }
  /** A unit of work of one of the two, when three hours have passed. */
  function unitOf(which: number): UnitOfWork {
    const query: Query = async <Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await (clients[which] as Client).query(sql, [...parameters])).rows as Row[];
    return { query, now: Date.now() + 3 * HOUR_MS } as UnitOfWork;
  }
  const ids = (leads: readonly { leadId: string }[]) => leads.map(({ leadId }) => leadId);

  it('are taken by one of them each, when their time is up and not before, and nobody waits', async () => {
    const [first, second] = [await sent('1 hour'), await sent('2 hours')];
    await sent('4 hours');
    expect(ids(await held.lockExpired(unitOf(0), 1))).toEqual([first]);
    expect(ids(await held.lockExpired(unitOf(1), 10))).toEqual([second]);
  });

  it('are put off once for one failure', async () => {
    const id = await sent('1 hour');
    const [lead] = await held.find(unitOf(0), [id]);
    const [first, second] = [Date.now() + 5 * HOUR_MS, Date.now() + 7 * HOUR_MS];
    await held.putOff(unitOf(0), lead!, first);
    await clients[0]?.query('COMMIT');
    await held.putOff(unitOf(1), lead!, second);
    expect(await held.find(unitOf(1), [id])).toMatchObject([{ failures: 1, until: first }]);
  });

  it('are changed by nobody who has read them as they were before', async () => {
    const id = await sent('1 hour');
    const [lead] = await held.find(unitOf(0), [id]);
    expect(await held.supply(unitOf(0), { ...lead!, missing: ['phone'] })).toBe(true);
    await clients[0]?.query('COMMIT');
    expect(await held.supply(unitOf(1), { ...lead!, missing: ['city'] })).toBe(false);
    expect(await held.release(unitOf(1), lead!)).toBe(false);
    const [now] = await held.find(unitOf(1), [id]);
    expect(now).toMatchObject({ missing: ['phone'], revision: lead!.revision + 1 });
    expect(await held.release(unitOf(1), now!)).toBe(true);
  });
});
