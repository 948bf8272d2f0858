import { randomUUID } from 'node:crypto';
import type { UnitOfWork } from '@fairlead/messaging';
import { CONTACT, leadAccepted, leadErased, leadReceived, leadRouted, leadScored } from './fixture/events.js';
import { Receiver } from './fixture/receiver.js';
import { eventually, Stretch } from './fixture/stretch.js';
import { DeliveriesStore } from '../src/store/deliveries.store.js';
import { DeliveryQueueStore } from '../src/store/delivery-queue.store.js';
import { LeadsStore } from '../src/store/leads.store.js';

/** Waits of 50 ms, 3 s, 18 s: long enough for an erasure in between. */
const SETTINGS = { FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.01' };
const ALL = ['lead.routed', 'lead.accepted', 'lead.erased'] as const;

let road: Stretch;
const receivers: Receiver[] = [];

beforeAll(async () => {
  road = await Stretch.open();
  await road.start(SETTINGS);
});
afterAll(async () => {
  for (const receiver of receivers) receiver.close();
  await road.close();
});

async function partner(answer: Receiver['answer'], events: readonly string[] = ALL) {
  const party = `p-${randomUUID().slice(0, 8)}`;
  const server = await new Receiver().listen();
  receivers.push(server);
  server.answer = answer;
  await road.endpoint(party, 'crm', server.url, events);
  return {
    party,
    server,
    types: () => server.received.map(({ body }) => body.type),
    async deliveries() {
      const { body } = await road.call('GET', `/v1/partners/${party}/endpoints/crm/deliveries`);
      return (body['deliveries'] as { eventType: string; state: string; reason: string | null }[])
        .map(({ eventType, state, reason }) => [eventType, state, reason])
        .reverse();
    },
  };
}

const takes: Receiver['answer'] = (_, response) => void response.end();
const refuses: Receiver['answer'] = (_, response) => void response.writeHead(503).end();
/** As some servers do, in a spelling of its own. */
const repeats: Receiver['answer'] = (_, response) =>
  void response.writeHead(503).end(`no room for ${Buffer.from(CONTACT.email).toString('hex')}`);

async function known(lead: string) {
  return [await leadReceived(lead, road.personalData), leadScored(lead)];
}

/** The key goes first, as ingestion does it. */
async function erase(lead: string): Promise<void> {
  await road.personalData.erase([lead]);
  await road.receives(leadErased(lead));
}

it('an offer that could not be sent before its lead was erased is withheld at once, and says why; the erasure is told', async () => {
  const [acme, lead] = [await partner(refuses), randomUUID()];
  await road.receives(...(await known(lead)), leadRouted(lead, acme.party));
  await eventually(() => expect(acme.server.received.length).toBeGreaterThanOrEqual(2));
  acme.server.received.length = 0;
  acme.server.answer = takes;
  await erase(lead);
  await eventually(() => expect(acme.types()).toEqual(['lead.erased']));
  await eventually(async () =>
    expect(await acme.deliveries()).toEqual([
      ['lead.routed', 'withheld', 'lead-erased'],
      ['lead.erased', 'delivered', null],
    ]),
  );
  expect(acme.server.received[0]?.bytes.toString()).not.toMatch(/Lovelace|ada@example|Größe/);
});

it('every party that was ever offered the lead is told, and nobody else', async () => {
  const [acme, bolt, other, deaf, lead] = [
    await partner(takes),
    await partner(takes),
    await partner(takes),
    await partner(takes, ['lead.routed']),
    randomUUID(),
  ];
  await road.receives(
    ...(await known(lead)),
    leadRouted(lead, acme.party),
    leadRouted(lead, deaf.party, { offer: 2, why: 'declined' }),
    leadRouted(lead, bolt.party, { offer: 3, why: 'declined' }),
  );
  await eventually(() => expect(bolt.types()).toEqual(['lead.routed']));
  await erase(lead);
  await eventually(() => expect([acme.types().at(-1), bolt.types().at(-1)]).toEqual(['lead.erased', 'lead.erased']));
  expect(other.types()).toEqual([]);
  expect(deaf.types()).not.toContain('lead.erased');
});

it('an acceptance is told without the contact', async () => {
  const [acme, lead] = [await partner(refuses, ['lead.accepted']), randomUUID()];
  await road.receives(...(await known(lead)), leadRouted(lead, acme.party), leadAccepted(lead, acme.party));
  await eventually(() => expect(acme.server.received.length).toBeGreaterThanOrEqual(2));
  expect(acme.server.received[0]?.bytes.toString()).toContain('Lovelace');
  acme.server.received.length = 0;
  acme.server.answer = takes;
  await erase(lead);
  await eventually(() => expect(acme.types()).toEqual(['lead.accepted']));
  expect(acme.server.received[0]?.bytes.toString()).not.toMatch(/Lovelace|ada@example/);
});

it('what a server repeated is dropped, and nothing is noted any more, also when events come late', async () => {
  const [acme, lead] = [await partner(repeats), randomUUID()];
  await road.receives(...(await known(lead)), leadRouted(lead, acme.party));
  const excerpts = () => road.db.query('SELECT 1 FROM attempts WHERE lead_id = $1 AND excerpt IS NOT NULL', [lead]);
  await eventually(async () => expect((await excerpts()).rows.length).toBeGreaterThanOrEqual(2));
  await erase(lead);
  await eventually(async () => expect((await excerpts()).rows).toEqual([]));
  acme.server.answer = takes;
  await road.receives(leadScored(lead), leadRouted(lead, acme.party, { offer: 2, why: 'override' }));
  await eventually(async () =>
    expect((await acme.deliveries()).filter(([type]) => type === 'lead.routed')).toEqual([
      ['lead.routed', 'withheld', 'lead-erased'],
      ['lead.routed', 'withheld', 'lead-erased'],
    ]),
  );
  const { rows } = await road.db.query('SELECT contact, facts, contributions FROM leads WHERE lead_id = $1', [lead]);
  expect(rows).toEqual([{ contact: null, facts: null, contributions: null }]);
});

it.each([
  ['of a lead that is not known yet', false],
  ['of one that is known', true],
])('an erasure that overtakes events %s leaves them nothing to fill in again', async (_, isKnown) => {
  const [acme, lead] = [await partner(takes), randomUUID()];
  const [first, late] = [
    await leadReceived(lead, road.personalData),
    [await leadReceived(lead, road.personalData), leadScored(lead)],
  ];
  if (isKnown) await road.receives(first);
  await erase(lead);
  await road.receives(...late, leadRouted(lead, acme.party));
  await eventually(async () =>
    expect(await acme.deliveries()).toContainEqual(['lead.routed', 'withheld', 'lead-erased']),
  );
  const { rows } = await road.db.query(
    'SELECT contact, contact_event, facts, contributions FROM leads WHERE lead_id = $1',
    [lead],
  );
  expect(rows).toEqual([{ contact: null, contact_event: null, facts: null, contributions: null }]);
});

it('what was claimed, and waits for its turn with the contact opened, is not sent as it was then', async () => {
  const held: (() => void)[] = [];
  let holds = true;
  const acme = await partner((request, response) => {
    if (holds) held.push(() => takes(request, response, 1));
    else takes(request, response, 1);
  });
  const leads = Array.from({ length: 12 }, () => randomUUID() as string);
  for (const lead of leads) await road.receives(...(await known(lead)), leadRouted(lead, acme.party));
  let waiting = '';
  await eventually(async () => {
    const { rows } = await road.db.query<{ line: string }>(
      'SELECT line FROM delivery_queue WHERE line = ANY($1::uuid[]) AND leased_until > now()',
      [leads],
    );
    const begun = new Set(acme.server.received.map(({ body }) => body.subject));
    waiting = rows.find(({ line }) => !begun.has(line))?.line ?? '';
    expect(waiting).not.toBe('');
  });
  await erase(waiting);
  await eventually(async () => {
    const { rows } = await road.db.query('SELECT 1 FROM leads WHERE lead_id = $1 AND erased_at IS NOT NULL', [waiting]);
    expect(rows).toHaveLength(1);
  });
  holds = false;
  for (const answer of held) answer();
  await eventually(() => expect(new Set(acme.server.received.map(({ body }) => body.subject)).size).toBe(leads.length));
  const ofIt = acme.server.received.filter(({ body }) => body.subject === waiting);
  expect(ofIt.map(({ body }) => body.type)).toEqual(['lead.erased']);
});

it('an answer to an attempt that was under way when the lead was erased is not kept', async () => {
  let answer: () => void = () => undefined;
  const [acme, lead] = [
    await partner((request, response) => {
      answer = () => repeats(request, response, 1);
    }),
    randomUUID(),
  ];
  await road.receives(...(await known(lead)), leadRouted(lead, acme.party));
  await eventually(() => expect(acme.server.received).toHaveLength(1));
  await erase(lead);
  await eventually(async () => {
    const { rows } = await road.db.query('SELECT 1 FROM leads WHERE lead_id = $1 AND erased_at IS NOT NULL', [lead]);
    expect(rows).toHaveLength(1);
  });
  answer();
  await eventually(async () => {
    const { rows } = await road.db.query('SELECT status, excerpt FROM attempts WHERE lead_id = $1', [lead]);
    expect(rows).toEqual([{ status: 503, excerpt: null }]);
  });
});

it('is told although an earlier event of the lead is parked', async () => {
  const [acme, lead] = [await partner(repeats), randomUUID()];
  await road.receives(...(await known(lead)), leadRouted(lead, acme.party));
  const { rows: before } = await road.db.query('SELECT 1 FROM leads WHERE lead_id = $1', [lead]);
  expect(before.length).toBeLessThanOrEqual(1);
  await eventually(async () => {
    const { rows } = await road.db.query('SELECT 1 FROM attempts WHERE lead_id = $1 AND excerpt IS NOT NULL', [lead]);
    expect(rows.length).toBeGreaterThan(0);
  });
  await road.db.query(
    `INSERT INTO parked (consumer, event_id, key, type, topic, partition, "offset", event, error_class)
     VALUES ('partner-notification', $1, $2, 'lead.accepted', 'lifecycle', 0, 0, $3, 'TypeError')`,
    [randomUUID(), lead, leadAccepted(lead, acme.party).bytes],
  );
  await erase(lead);
  await eventually(async () => {
    const { rows } = await road.db.query('SELECT contact, erased_at FROM leads WHERE lead_id = $1', [lead]);
    expect(rows).toEqual([{ contact: null, erased_at: expect.any(Date) }]);
  });
  const { rows } = await road.db.query('SELECT type FROM parked WHERE key = $1', [lead]);
  expect(rows).toEqual([{ type: 'lead.accepted' }]);
});

// The record of an answer had removed what waited and went on to the lead, to see whether it was erased; the erasure had the lead and went on to
// what waited. PostgreSQL ended one of the two after a second (40P01), which was then done again.
it('an erasure and the record of an answer about the same lead never wait for one another', async () => {
  const [acme, lead] = [await partner(takes), randomUUID()];
  await road.receives(...(await known(lead)));
  await eventually(async () =>
    expect((await road.db.query('SELECT 1 FROM leads WHERE lead_id = $1', [lead])).rowCount).toBe(1),
  );
  const { rows } = await road.db.query<{ sequence: string; id: string }>(
    `WITH made AS (
       INSERT INTO deliveries (id, endpoint_key, lead_id, event_id, event_type, event, with_contact)
       SELECT $2, key, $3, $2, 'lead.accepted', '{}', false FROM endpoints WHERE party = $1 RETURNING *
     )
     INSERT INTO delivery_queue (sequence, endpoint_key, line, due_at, claims, attempts)
     SELECT sequence, endpoint_key, lead_id, now() + interval '1 hour', 1, 0 FROM made RETURNING sequence`,
    [acme.party, randomUUID(), lead],
  );
  const sequence = rows[0]?.sequence ?? '';
  const [erasing, recording] = [await road.db.connect(), await road.db.connect()];
  try {
    const unitOf = (client: typeof erasing) =>
      ({
        query: async (sql: string, values: readonly unknown[] = []) =>
          (await client.query(sql, [...values])).rows as unknown[],
      }) as unknown as UnitOfWork;
    const { rows: pids } = await recording.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await erasing.query('BEGIN');
    await recording.query('BEGIN');
    await new LeadsStore().erase(unitOf(erasing), [lead]);
    const failed = {
      ...{ sequence, claim: 1, attempt: 1, leadId: lead, startedAt: Date.now(), durationMs: 3, status: 410 },
      ...({ failure: 'gone', excerpt: 'no such person', outcome: 'failed', retryInMs: undefined } as const),
    };
    const recorded = new DeliveryQueueStore()
      .record(unitOf(recording).query, [failed])
      .then(() => recording.query('COMMIT'));
    const waits = eventually(async () => {
      const of = `SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'`;
      expect((await road.db.query(of, [pids[0]?.pid])).rowCount).toBe(1);
    });
    // It is through, or waits for the erasure.
    await Promise.race([recorded, waits.catch(() => undefined)]);
    await new DeliveriesStore().hurry(unitOf(erasing), [lead]);
    await erasing.query('COMMIT');
    await recorded;
  } finally {
    erasing.release(true);
    recording.release(true);
  }
  const attempts = await road.db.query('SELECT failure, excerpt FROM attempts WHERE sequence = $1', [sequence]);
  expect(attempts.rows).toEqual([{ failure: 'gone', excerpt: null }]);
});
