import { randomUUID } from 'node:crypto';
import { leadReceived, leadRouted, leadScored } from './fixture/events.js';
import { Receiver } from './fixture/receiver.js';
import { eventually, Stretch } from './fixture/stretch.js';
import { DeliveriesStore } from '../src/store/deliveries.store.js';

const DAY_MS = 86_400_000;

// Whatever was sent was kept for good: a few hundred million rows a year, in tables that every claim reads.
describe('deliveries that are old', () => {
  let road: Stretch;
  const server = new Receiver();

  beforeAll(async () => {
    road = await Stretch.open();
    await server.listen();
    await road.start();
  });
  afterAll(async () => {
    server.close();
    await road.close();
  });

  it('are forgotten with their attempts once they are settled; what waits is kept, and sent', async () => {
    server.answer = (received, response) =>
      void response.writeHead(received.body.subject === waiting ? 503 : 200).end('an answer');
    await road.endpoint('acme', 'crm', server.url);
    const leads = Array.from({ length: 6 }, () => randomUUID());
    const [waiting, young] = leads;
    const known = [];
    for (const lead of leads) known.push(await leadReceived(lead, road.personalData), leadScored(lead));
    const routed = leads.map((lead) => leadRouted(lead, 'acme'));
    await road.receives(...known, ...routed.filter(({ subject }) => subject !== young));
    await eventually(() => expect(road.saidOf('partner.notified')).toHaveLength(4));
    await road.receives(...routed.filter(({ subject }) => subject === young));
    await eventually(() => expect(road.saidOf('partner.notified')).toHaveLength(5));
    await eventually(async () => expect((await road.db.query('SELECT FROM attempts')).rowCount).toBe(6));
    await road.db.query(`UPDATE deliveries SET created_at = now() - interval '91 days' WHERE lead_id <> $1`, [young]);

    const store = new DeliveriesStore();
    const query = async <Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await road.db.query(sql, [...parameters])).rows as Row[];
    for (let after: string | undefined = '0'; after !== undefined;)
      after = await store.forget(query, { after, keptMs: 90 * DAY_MS, limit: 2 });

    const left = async (table: 'deliveries' | 'attempts' | 'delivery_queue') =>
      new Set(
        (await query<{ lead_id: string }>(`SELECT d.lead_id FROM ${table} JOIN deliveries d USING (sequence)`)).map(
          ({ lead_id }) => lead_id,
        ),
      );
    expect(await left('delivery_queue')).toEqual(new Set([waiting]));
    expect(await left('deliveries')).toEqual(new Set([waiting, young]));
    expect(await left('attempts')).toEqual(new Set([waiting, young]));

    server.answer = (_, response) => void response.end();
    await road.db.query('UPDATE delivery_queue SET due_at = now()');
    await eventually(() => expect(road.saidOf('partner.notified')).toHaveLength(6));
  });
});
