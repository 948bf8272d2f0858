import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { leadReceived, leadRouted, leadScored } from './fixture/events.js';
import { Receiver } from './fixture/receiver.js';
import { eventually, Stretch } from './fixture/stretch.js';

// One lead whose key was wrapped by a master key that nobody has any more once stopped every partner's webhooks: the whole batch was
// given back, claimed again, and given back, for as long as that lead was due.
describe('a contact that the master key does not open', () => {
  let road: Stretch;
  let keys: pg.Client;
  const server = new Receiver();

  beforeAll(async () => {
    road = await Stretch.open();
    keys = new pg.Client({ connectionString: road.keysDatabaseUrl });
    keys.on('error', () => undefined);
    await keys.connect();
    await server.listen();
    await road.start();
  });
  afterAll(async () => {
    server.close();
    await keys.end();
    await road.close();
  });

  it('puts off the webhook that tells it, and no other; it is sent when the key is back', async () => {
    await road.endpoint('acme', 'crm', server.url);
    const leads = Array.from({ length: 9 }, () => randomUUID());
    const known = [];
    for (const lead of leads) known.push(await leadReceived(lead, road.personalData), leadScored(lead));
    const [lost] = leads;
    await keys.query('UPDATE personal_data.lead_keys SET master = 9 WHERE lead_id = $1', [lost]);
    await road.receives(...known, ...leads.map((lead) => leadRouted(lead, 'acme', { revealContact: 'on-offer' })));
    const told = () => new Set(server.received.map(({ body }) => body.subject));
    await eventually(() => expect(told()).toEqual(new Set(leads.slice(1))));

    await keys.query('UPDATE personal_data.lead_keys SET master = 1 WHERE lead_id = $1', [lost]);
    // Its lease runs out; a minute is nothing to wait for here.
    await road.db.query(`UPDATE delivery_queue SET leased_until = now() - interval '1 s'`);
    await eventually(() => expect(told()).toEqual(new Set(leads)));
  });
});
