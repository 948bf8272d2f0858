import { randomUUID } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import {
  CONTACT,
  leadAccepted,
  leadErased,
  leadOverridden,
  leadReceived,
  leadRouted,
  leadScored,
} from './fixture/events.js';
import { Receiver } from './fixture/receiver.js';
import { eventually, Stretch } from './fixture/stretch.js';

// Half of a vendor's partners have a CRM and no server. They were sent spreadsheets.

interface Page {
  readonly events: {
    id: string;
    type: string;
    subject: string;
    data: { offer?: number; lead: { contact?: unknown } };
  }[];
  readonly next: string;
  readonly more: boolean;
}

let road: Stretch;
let service: ChildProcess;

beforeAll(async () => {
  road = await Stretch.open();
  service = await road.start();
});
afterAll(async () => {
  await road.stop(service, 'SIGKILL');
  await road.close();
});

/** A party that has no endpoint, only a key. */
async function reader() {
  const party = `p-${randomUUID().slice(0, 8)}`;
  const key = await road.partnerKey(party);
  const path = `/v1/partners/${party}/events`;
  return {
    ...{ party, key, path },
    read: async (query = '') => (await road.call('GET', `${path}?${query}`, { key })).body as unknown as Page,
  };
}

async function known(lead: string) {
  return [await leadReceived(lead, road.personalData), leadScored(lead)];
}

describe('a partner without a server', () => {
  it('reads what its webhooks would have said, from where it ended', async () => {
    const acme = await reader();
    const lead = randomUUID();
    await road.receives(...(await known(lead)), leadRouted(lead, acme.party));
    const first = await eventually(async () => {
      const page = await acme.read();
      expect(page.events).toHaveLength(1);
      return page;
    });
    expect(first).toMatchObject({ more: false, events: [{ type: 'lead.routed', subject: lead }] });
    expect(first.events[0]?.data.lead.contact).toEqual(CONTACT);
    expect(await acme.read(`after=${first.next}`)).toEqual({ events: [], next: first.next, more: false });

    await road.receives(leadAccepted(lead, acme.party));
    const second = await eventually(async () => {
      const page = await acme.read(`after=${first.next}`);
      expect(page.events).toHaveLength(1);
      return page;
    });
    expect(second.events[0]?.type).toBe('lead.accepted');
    expect((await acme.read('type=lead.accepted')).events).toEqual(second.events);
    expect((await acme.read('limit=1')).events).toEqual(first.events);
  });

  it('is told the very same as one who has a server', async () => {
    const acme = await reader();
    const server = await new Receiver().listen();
    try {
      await road.endpoint(acme.party, 'crm', server.url);
      const lead = randomUUID();
      await road.receives(...(await known(lead)), leadRouted(lead, acme.party));
      await eventually(() => expect(server.received).toHaveLength(1));
      expect((await acme.read()).events).toEqual([server.received[0]?.body]);
    } finally {
      server.close();
    }
  });

  it('reads no offer that is another’s by now, and no contact of it; nor of somebody who was erased', async () => {
    const acme = await reader();
    const [taken, erased, kept] = [randomUUID(), randomUUID(), randomUUID()];
    for (const lead of [taken, erased, kept]) await road.receives(...(await known(lead)), leadRouted(lead, acme.party));
    await road.receives(leadOverridden(taken, 'another'), leadErased(erased));
    await eventually(async () => {
      const told = (await acme.read()).events.map(({ subject, type }) => `${subject} ${type}`).sort();
      expect(told).toEqual([`${taken} lead.overridden`, `${erased} lead.erased`, `${kept} lead.routed`].sort());
    });
  });

  it('who waits is answered as soon as there is something, and when its time is over', async () => {
    const acme = await reader();
    const lead = randomUUID();
    await road.receives(...(await known(lead)));
    const asked = Date.now();
    expect(await acme.read('waitSeconds=1')).toEqual({ events: [], next: '0', more: false });
    expect(Date.now() - asked).toBeGreaterThanOrEqual(990);

    const waiting = acme.read('waitSeconds=30');
    // It is waiting when another request that came later has been answered.
    await acme.read();
    const told = Date.now();
    await road.receives(leadRouted(lead, acme.party));
    expect((await waiting).events).toMatchObject([{ type: 'lead.routed', subject: lead }]);
    expect(Date.now() - told).toBeLessThan(10_000);
  });

  it('hears of what another process has taken in, too', async () => {
    const acme = await reader();
    const lead = randomUUID();
    const waiting = acme.read('waitSeconds=30');
    await acme.read();
    const asked = Date.now();
    await road.db.query(
      `INSERT INTO party_events (party, lead_id, event_id, event_type, event, with_contact)
       VALUES ($1, $2, $3, 'lead.contacted', $4, false)`,
      [
        acme.party,
        lead,
        randomUUID(),
        JSON.stringify({ source: '/test', time: new Date(), data: { party: acme.party } }),
      ],
    );
    expect((await waiting).events).toMatchObject([{ type: 'lead.contacted', subject: lead }]);
    expect(Date.now() - asked).toBeLessThan(10_000);
  });

  it('misses nothing that was begun before it read and committed after it', async () => {
    const acme = await reader();
    const insert = `INSERT INTO party_events (party, lead_id, event_id, event_type, event, with_contact)
      VALUES ($1, gen_random_uuid(), gen_random_uuid(), $2, $3, false)`;
    const row = (type: string) => [
      acme.party,
      type,
      JSON.stringify({ source: '/test', time: new Date(), data: { party: acme.party } }),
    ];
    const slow = await road.db.connect();
    try {
      await slow.query('BEGIN');
      await slow.query(insert, row('lead.contacted'));
      await road.db.query(insert, row('lead.qualified'));
      const first = await acme.read();
      expect(first.events.map(({ type }) => type)).toEqual(['lead.qualified']);
      await slow.query('COMMIT');
      const second = await acme.read(`after=${first.next}`);
      expect(second.events.map(({ type }) => type)).toEqual(['lead.contacted']);
    } finally {
      slow.release();
    }
  });

  it('gives every event one number, however many read at once', async () => {
    const acme = await reader();
    await road.db.query(
      `INSERT INTO party_events (party, lead_id, event_id, event_type, event, with_contact)
       SELECT $1, gen_random_uuid(), gen_random_uuid(), 'lead.contacted', $2, false FROM generate_series(1, 1500)`,
      [acme.party, JSON.stringify({ source: '/test', time: new Date(), data: { party: acme.party } })],
    );
    const readAll = async () => {
      const seen: string[] = [];
      for (let after = '0', more = true; more;) {
        const page = await acme.read(`after=${after}&limit=200`);
        seen.push(...page.events.map(({ id }) => id));
        ({ next: after, more } = page);
      }
      return seen;
    };
    const [one, two, three] = await Promise.all([readAll(), readAll(), readAll()]);
    expect(new Set(one).size).toBe(1500);
    expect(two).toEqual(one);
    expect(three).toEqual(one);
  });

  it.each(['after=x', 'waitSeconds=31', 'waitSeconds=-1', 'type=lead.found', 'limit=0'])(
    'is refused %s',
    async (query) => {
      const acme = await reader();
      expect((await road.call('GET', `${acme.path}?${query}`, { key: acme.key })).status).toBe(400);
    },
  );

  it('reads its own: another’s looks like none', async () => {
    const [acme, beta] = [await reader(), await reader()];
    const anothers = await road.call('GET', beta.path, { key: acme.key });
    expect(anothers.status).toBe(404);
    expect(anothers).toEqual(await road.call('GET', '/v1/partners/never-was/events', { key: acme.key }));
  });
});
