import { randomUUID } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import { leadDeclined, leadErased, leadOverridden, leadReceived, leadRouted, leadScored } from './fixture/events.js';
import { Receiver } from './fixture/receiver.js';
import { eventually, Stretch } from './fixture/stretch.js';
import { DeliveryHistoryStore } from '../src/store/delivery-history.store.js';

// A partner's server was away for a weekend, or lost what it had taken. Until now the vendor had to be asked, and had nothing but SQL.

interface Delivery {
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly leadId: string;
  readonly state: string;
  readonly reason: string | null;
  readonly createdAt: string;
  readonly resendOf: string | null;
  readonly resentAs: string | null;
  readonly attempts: readonly {
    attempt: number;
    status: number | null;
    failure: string | null;
    excerpt: string | null;
  }[];
}

let road: Stretch;
let service: ChildProcess;
const receivers: Receiver[] = [];

beforeAll(async () => {
  road = await Stretch.open();
  service = await road.start({ FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.01' });
});
afterAll(async () => {
  for (const receiver of receivers) receiver.close();
  await road.stop(service, 'SIGKILL');
  await road.close();
});

/** A party with an endpoint, a key of its own, and a server that takes everything. */
async function partner(events: readonly string[] = ['lead.routed', 'lead.declined', 'lead.erased']) {
  const party = `p-${randomUUID().slice(0, 8)}`;
  const server = await new Receiver().listen();
  receivers.push(server);
  await road.endpoint(party, 'crm', server.url, events);
  const key = await road.partnerKey(party);
  const path = `/v1/partners/${party}/endpoints/crm`;
  return {
    ...{ party, server, key, path },
    list: async (query = '') =>
      (await road.call('GET', `${path}/deliveries?${query}`, { key })).body['deliveries'] as Delivery[],
    ask: (method: string, rest: string) => road.call(method, `${path}${rest}`, { key }),
    leadsReceived: () => server.received.map(({ body }) => body.subject),
    /** Its server says that it is gone for good, which disables the endpoint. */
    async goesAway() {
      server.answer = (_, response) => void response.writeHead(410).end();
      const lead = await offer(party);
      await eventually(async () => expect((await road.call('GET', path)).body['state']).toBe('disabled'));
      return lead;
    },
    async comesBack() {
      server.received.length = 0;
      server.answer = (_, response) => void response.end();
      await road.call('PUT', path, { json: { url: server.url, events } });
    },
  };
}

/** A lead that is known, and offered to the party. */
async function offer(party: string): Promise<string> {
  const lead = randomUUID();
  await road.receives(await leadReceived(lead, road.personalData), leadScored(lead), leadRouted(lead, party));
  return lead;
}

describe('a delivery', () => {
  it('is found by what it came to, when it was made and what it tells, and shows each of its attempts', async () => {
    const acme = await partner();
    acme.server.answer = (_, response, nth) =>
      void (nth === 1 ? response.writeHead(503).end('not yet') : response.end());
    const lead = await offer(acme.party);
    await eventually(async () => expect(await acme.list('state=delivered')).toHaveLength(1));
    const [routed] = await acme.list();
    await road.receives(leadDeclined(lead, acme.party));
    await eventually(async () => expect(await acme.list('state=delivered')).toHaveLength(2));

    const typesOf = async (query: string) => (await acme.list(query)).map(({ eventType }) => eventType);
    expect(await typesOf('type=lead.declined')).toEqual(['lead.declined']);
    const [declined] = await acme.list('type=lead.declined');
    expect(await typesOf(`until=${declined?.createdAt}`)).toEqual(['lead.routed']);
    expect(await typesOf(`since=${declined?.createdAt}`)).toEqual(['lead.declined']);
    for (const state of ['pending', 'failed', 'withheld']) expect(await typesOf(`state=${state}`)).toEqual([]);

    const { body } = await acme.ask('GET', `/deliveries/${routed?.id}`);
    expect(body).toMatchObject({ id: routed?.id, state: 'delivered', leadId: lead, resendOf: null, resentAs: null });
    expect(body['attempts']).toMatchObject([
      { attempt: 1, status: 503, failure: 'http-503', excerpt: 'not yet' },
      { attempt: 2, status: 200, failure: null, excerpt: null },
    ]);
  });

  it.each(['since=yesterday', 'until=2026-01-01', 'type=lead.lost-and-found', 'after=17'])(
    'is not looked for by %s',
    async (query) => {
      const acme = await partner();
      expect((await acme.ask('GET', `/deliveries?${query}`)).status).toBe(400);
    },
  );

  it('is found among twenty thousand as among a million: no more is read than a page of each kind', async () => {
    const acme = await partner();
    const { rows } = await road.db.query<{ key: string }>('SELECT key FROM endpoints WHERE party = $1', [acme.party]);
    const key = rows[0]?.key ?? '';
    await road.db.query(
      `INSERT INTO deliveries (id, endpoint_key, lead_id, event_id, event_type, event, with_contact, undelivered, created_at)
       SELECT gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), CASE n % 3 WHEN 0 THEN 'lead.declined' ELSE 'lead.routed' END,
         '{}', false, CASE WHEN n IN (9000, 9001) THEN 'failed' END, now() - n * interval '1 minute'
       FROM generate_series(1, 20000) n`,
      [key],
    );
    await road.db.query('ANALYZE deliveries');
    const aWeekAgo = Date.now() - 7 * 86_400_000;
    for (const narrowing of [
      {},
      { state: 'failed' },
      { state: 'delivered', type: 'lead.declined' },
      { state: 'pending' },
      { until: aWeekAgo },
      { state: 'failed', since: aWeekAgo },
    ] as const) {
      let read = 0;
      await new DeliveryHistoryStore().page(
        async (sql, parameters = []) => {
          const explained = await road.db.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, [...parameters]);
          read += rowsRead((explained.rows as [{ 'QUERY PLAN': [{ Plan: Plan }] }])[0]['QUERY PLAN'][0].Plan);
          return [];
        },
        key,
        { ...narrowing, before: undefined, limit: 11 },
      );
      expect(read).toBeLessThan(300);
    }
  });
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** Of tables and indexes, all that was looked at. */
function rowsRead(plan: Plan): number {
  const scanned = /Seq|Index|Bitmap/.test(plan['Node Type'])
    ? (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops']
    : 0;
  return (plan.Plans ?? []).reduce((sum, each) => sum + rowsRead(each), scanned);
}

describe('a delivery that is sent again', () => {
  it('has an id of its own, tells the same event, and each knows the other', async () => {
    const acme = await partner();
    const lead = await offer(acme.party);
    await eventually(async () => expect(await acme.list('state=delivered')).toHaveLength(1));
    const [first] = await acme.list();
    const { status, body } = await acme.ask('POST', `/deliveries/${first?.id}/resend`);
    expect(status).toBe(202);
    expect(body).toEqual({ deliveryId: expect.any(String) as string, resendOf: first?.id });
    await eventually(() => expect(acme.server.received).toHaveLength(2));
    const [one, two] = acme.server.received;
    expect([one?.id, two?.id]).toEqual([first?.id, body['deliveryId']]);
    expect(two?.body).toEqual(one?.body);
    expect(two?.body.subject).toBe(lead);
    await eventually(async () =>
      expect(await acme.list()).toMatchObject([
        { id: body['deliveryId'], state: 'delivered', resendOf: first?.id, resentAs: null },
        { id: first?.id, state: 'delivered', resendOf: null, resentAs: body['deliveryId'] },
      ]),
    );
    await eventually(() =>
      expect(road.saidOf('partner.notified').filter(({ subject }) => subject === lead)).toHaveLength(2),
    );
  });

  it('is the same one while it waits, however often it is asked for', async () => {
    const acme = await partner();
    await offer(acme.party);
    await eventually(async () => expect(await acme.list('state=delivered')).toHaveLength(1));
    const [first] = await acme.list();
    acme.server.answer = (_, response) => void response.writeHead(503).end();
    const asked = await Promise.all(
      Array.from({ length: 4 }, () => acme.ask('POST', `/deliveries/${first?.id}/resend`)),
    );
    expect(new Set(asked.map(({ status, body }) => `${status} ${String(body['deliveryId'])}`)).size).toBe(1);
    expect(await acme.list()).toHaveLength(2);
    // What waits will be sent anyway.
    const again = await acme.ask('POST', `/deliveries/${String(asked[0]?.body['deliveryId'])}/resend`);
    expect([again.status, again.body['type']]).toEqual([409, 'urn:fairlead:problem:still-pending']);
  });

  it('is withheld when it is not true any more', async () => {
    const acme = await partner(['lead.routed']);
    const lead = await offer(acme.party);
    await eventually(async () => expect(await acme.list('state=delivered')).toHaveLength(1));
    const [first] = await acme.list();
    await road.receives(leadErased(lead));
    await eventually(async () => {
      const { rows } = await road.db.query('SELECT FROM leads WHERE lead_id = $1 AND erased_at IS NOT NULL', [lead]);
      expect(rows).toHaveLength(1);
    });
    expect((await acme.ask('POST', `/deliveries/${first?.id}/resend`)).status).toBe(202);
    await eventually(async () =>
      expect((await acme.list())[0]).toMatchObject({ state: 'withheld', reason: 'lead-erased', resendOf: first?.id }),
    );
    expect(acme.server.received).toHaveLength(1);
  });

  it('is somebody’s own: another’s looks like none', async () => {
    const [acme, beta] = [await partner(), await partner()];
    await offer(beta.party);
    await eventually(async () => expect(await beta.list('state=delivered')).toHaveLength(1));
    const [theirs] = await beta.list();
    for (const [method, rest] of [
      ['GET', ''],
      ['POST', '/resend'],
    ] as const) {
      const answers = [];
      for (const path of [`${beta.path}/deliveries/${theirs?.id}`, `${acme.path}/deliveries/${theirs?.id}`])
        answers.push(await road.call(method, `${path}${rest}`, { key: acme.key }));
      const absent = await acme.ask(method, `/deliveries/${randomUUID()}${rest}`);
      expect(absent.status).toBe(404);
      expect(answers[1]).toEqual(absent);
      expect(answers[0]?.status).toBe(404);
    }
    expect(await beta.list()).toHaveLength(1);
  });

  it('is refused while the endpoint is disabled', async () => {
    const acme = await partner();
    await acme.goesAway();
    const [first] = await acme.list();
    const { status, body } = await acme.ask('POST', `/deliveries/${first?.id}/resend`);
    expect([status, body['type']]).toEqual([409, 'urn:fairlead:problem:endpoint-disabled']);
  });
});

describe('everything since a moment', () => {
  const since = new Date(Date.now() - 60_000).toISOString();

  it('comes in the order of its leads, also what happened while the endpoint was disabled, as far as it is still true', async () => {
    const acme = await partner();
    const before = await offer(acme.party);
    await eventually(async () => expect(await acme.list('state=delivered')).toHaveLength(1));
    const refused = await acme.goesAway();
    const [kept, lost, erased] = [await offer(acme.party), await offer(acme.party), await offer(acme.party)];
    await road.receives(leadDeclined(kept, acme.party, 2), leadOverridden(lost, 'another'), leadErased(erased));
    await eventually(async () => expect(await acme.list('state=withheld')).toHaveLength(5));
    const disabled = await acme.ask('POST', `/replay?since=${since}`);
    expect([disabled.status, disabled.body['type']]).toEqual([409, 'urn:fairlead:problem:endpoint-disabled']);

    await acme.comesBack();
    expect(await acme.ask('POST', `/replay?since=${since}&dryRun=true`)).toEqual({
      status: 200,
      body: { deliveries: 6, more: false },
    });
    const asked = await acme.ask('POST', `/replay?since=${since}`);
    expect([asked.status, asked.body['deliveries']]).toEqual([202, 6]);

    await eventually(async () =>
      expect((await acme.ask('GET', `/replays/${String(asked.body['id'])}`)).body).toMatchObject({
        resent: 6,
        endedAt: expect.any(String) as string,
      }),
    );
    await eventually(async () =>
      expect((await acme.list()).slice(0, 6).every(({ state }) => state !== 'pending')).toBe(true),
    );
    const told = acme.server.received.map(({ body }) => [body.subject, body.type]);
    expect(told.filter(([lead]) => lead === kept)).toEqual([
      [kept, 'lead.routed'],
      [kept, 'lead.declined'],
    ]);
    expect(told.filter(([lead]) => lead === refused)).toEqual([[refused, 'lead.routed']]);
    expect(told.filter(([lead]) => lead === erased)).toEqual([[erased, 'lead.erased']]);
    expect(told.filter(([lead]) => lead === lost || lead === before)).toEqual([]);
    const withheld = (await acme.list('state=withheld')).filter(({ resendOf }) => resendOf !== null);
    expect(new Map(withheld.map(({ leadId, reason }) => [leadId, reason]))).toEqual(
      new Map([
        [lost, 'offer-withdrawn'],
        [erased, 'lead-erased'],
      ]),
    );

    // Nothing is left of what was missed.
    expect((await acme.ask('POST', `/replay?since=${since}`)).body).toMatchObject({ deliveries: 0 });
    expect(acme.server.received).toHaveLength(told.length);
  });

  it('comes once, by however many it is asked for at once', async () => {
    const acme = await partner();
    await acme.goesAway();
    const leads = [await offer(acme.party), await offer(acme.party)];
    await eventually(async () => expect(await acme.list('state=withheld')).toHaveLength(2));
    await acme.comesBack();
    const asked = await Promise.all(
      Array.from({ length: 6 }, () => acme.ask('POST', `/replay?since=${since}&state=withheld`)),
    );
    expect(asked.map(({ status }) => status)).toContain(202);
    for (const { status } of asked) expect([202, 409]).toContain(status);
    await eventually(async () => expect(await acme.list('state=delivered')).toHaveLength(2));
    expect(acme.leadsReceived().sort()).toEqual(leads.sort());
  });

  it('is also what had arrived, where a receiver has lost it; once for each name of such a request', async () => {
    const acme = await partner();
    const lead = await offer(acme.party);
    await eventually(async () => expect(await acme.list('state=delivered')).toHaveLength(1));
    const ask = (idempotencyKey: string, state = 'all') =>
      road.call('POST', `${acme.path}/replay?since=${since}&state=${state}`, { key: acme.key, idempotencyKey });
    const first = await ask('after the fire');
    expect(first.body).toMatchObject({ deliveries: 1, state: 'all' });
    await eventually(async () => expect(await acme.list('state=delivered')).toHaveLength(2));
    expect((await ask('after the fire')).body['id']).toBe(first.body['id']);
    expect((await ask('after the fire', 'missed')).status).toBe(422);
    expect(acme.leadsReceived()).toEqual([lead, lead]);

    expect((await ask('after the flood')).body).toMatchObject({ deliveries: 1 });
    await eventually(() => expect(acme.leadsReceived()).toEqual([lead, lead, lead]));
  });

  it('goes on piece by piece, and leaves room for what happens meanwhile', async () => {
    const acme = await partner();
    const { rows } = await road.db.query<{ key: string }>('SELECT key FROM endpoints WHERE party = $1', [acme.party]);
    await road.db.query(
      `INSERT INTO deliveries (id, endpoint_key, lead_id, event_id, event_type, event, with_contact, undelivered)
       SELECT gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), 'lead.declined',
         json_build_object('source', '/test', 'time', now(), 'data', json_build_object('party', $2::text)), false, 'failed'
       FROM generate_series(1, 2600)`,
      [rows[0]?.key, acme.party],
    );
    // Not before the first of it has been taken can all of it be waiting.
    const held: (() => void)[] = [];
    acme.server.answer = (_, response) => void held.push(() => response.end());
    const asked = await acme.ask('POST', `/replay?since=${since}`);
    expect(asked.body).toMatchObject({ deliveries: 2600 });
    await eventually(async () =>
      expect((await acme.ask('GET', `/replays/${String(asked.body['id'])}`)).body['resent']).toBe(2000),
    );
    const another = await acme.ask('POST', `/replay?since=${since}`);
    expect([another.status, another.body['type']]).toEqual([409, 'urn:fairlead:problem:replay-under-way']);
    acme.server.answer = (_, response) => void response.end();
    for (const release of held) release();
    await eventually(() => expect(new Set(acme.leadsReceived()).size).toBe(2600));
    await eventually(async () =>
      expect((await acme.ask('GET', `/replays/${String(asked.body['id'])}`)).body).toHaveProperty('endedAt'),
    );
    expect(acme.server.received).toHaveLength(2600);
  });

  it.each(['', 'since=monday', `since=2026-01-01T00:00:00Z&state=pending`, 'since=2026-01-01T00:00:00Z&dryRun=yes'])(
    'is not asked for by “%s”',
    async (query) => {
      const acme = await partner();
      expect((await acme.ask('POST', `/replay?${query}`)).status).toBe(400);
    },
  );
});
