import { randomUUID } from 'node:crypto';
import { newSigningKey } from '@fairlead/platform/outgoing';
import { leadAccepted, leadErased, leadRouted, leadScored } from './fixture/events.js';
import { type Received, Receiver, verified, verifiedBy } from './fixture/receiver.js';
import { eventually, Stretch } from './fixture/stretch.js';

let road: Stretch;
let receiver: Receiver;
beforeAll(async () => {
  road = await Stretch.open();
  await road.start({ FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.000001' });
  receiver = await new Receiver().listen();
});
afterAll(async () => {
  receiver.close();
  await road.close();
});

const partner = () => `p-${randomUUID().slice(0, 8)}`;
const put = (party: string, id: string, json: unknown, key?: string) =>
  road.call('PUT', `/v1/partners/${party}/endpoints/${id}`, { json, ...(key !== undefined && { key }) });

const URL_OF_ALL = 'https://93.184.215.14/';

describe('an endpoint', () => {
  it('is made with a secret that is shown once', async () => {
    const acme = partner();
    const made = await put(acme, 'crm', { url: receiver.url, events: ['lead.routed'] });
    expect(made).toMatchObject({
      status: 201,
      body: { party: acme, id: 'crm', url: receiver.url, events: ['lead.routed'], state: 'active' },
    });
    expect(made.body['secret']).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { status, body } = await road.call('GET', `/v1/partners/${acme}/endpoints/crm`);
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual([
      ...[
        'events',
        'headerNames',
        'id',
        'kind',
        'order',
        'party',
        'publicKeys',
        'secrets',
        'signatures',
        'since',
        'state',
        'url',
      ],
    ]);
    expect(body).toMatchObject({ order: 'per-lead', signatures: ['v1'], headerNames: [], publicKeys: [] });
    const changed = await put(acme, 'crm', { url: `${receiver.url}/2`, events: ['lead.routed', 'lead.accepted'] });
    expect(changed).toMatchObject({ status: 200, body: { url: `${receiver.url}/2` } });
    expect(changed.body).not.toHaveProperty('secret');
    expect((await road.call('GET', `/v1/partners/${acme}/endpoints`)).body).toMatchObject({
      endpoints: [{ id: 'crm' }],
    });
  });

  it('keeps its secret where nobody who reads the database finds it', async () => {
    const secret = await road.endpoint(partner(), 'crm', receiver.url);
    const { rows } = await road.db.query<{ secret: Buffer }>('SELECT secret FROM endpoint_secrets');
    const raw = Buffer.from(secret.slice('whsec_'.length), 'base64');
    for (const each of rows) expect(each.secret.includes(raw) || each.secret.includes(Buffer.from(secret))).toBe(false);
  });

  it.each([
    ['no URL', { events: ['lead.routed'] }, '/url'],
    ['a URL that is none', { url: 'crm', events: ['lead.routed'] }, '/url'],
    ['another protocol', { url: 'ftp://example.com/', events: ['lead.routed'] }, '/url'],
    ['plain http to a public address', { url: 'http://8.8.8.8/', events: ['lead.routed'] }, '/url'],
    ['a private address', { url: 'https://10.0.0.1/', events: ['lead.routed'] }, '/url'],
    ['the cloud’s metadata', { url: 'http://169.254.169.254/latest/meta-data/', events: ['lead.routed'] }, '/url'],
    ['an address in disguise', { url: 'https://0xa9fea9fe/', events: ['lead.routed'] }, '/url'],
    ['IPv6 in disguise', { url: 'https://[::ffff:10.0.0.1]/', events: ['lead.routed'] }, '/url'],
    ['credentials', { url: 'https://user:secret@example.com/', events: ['lead.routed'] }, '/url'],
    ['a very long URL', { url: `https://example.com/${'a'.repeat(2_100)}`, events: ['lead.routed'] }, '/url'],
    ['no events', { url: 'https://93.184.215.14/', events: [] }, '/events'],
    ['an unknown event', { url: 'https://93.184.215.14/', events: ['lead.stolen'] }, '/events'],
    ['an event twice', { url: 'https://93.184.215.14/', events: ['lead.routed', 'lead.routed'] }, '/events'],
    [
      'a filter by something else',
      { url: URL_OF_ALL, events: ['lead.routed'], filter: { email: ['x'] } },
      '/filter/email',
    ],
    ['a filter of nothing', { url: URL_OF_ALL, events: ['lead.routed'], filter: { grades: [] } }, '/filter/grades'],
    ['a grade that is none', { url: URL_OF_ALL, events: ['lead.routed'], filter: { grades: ['E'] } }, '/filter/grades'],
    ['a header of ours', { url: URL_OF_ALL, events: ['lead.routed'], headers: { 'Webhook-Id': 'x' } }, '/headers'],
    [
      'a header with a line end',
      { url: URL_OF_ALL, events: ['lead.routed'], headers: { 'x-a': 'a\nb: c' } },
      '/headers',
    ],
    ['no HMAC', { url: URL_OF_ALL, events: ['lead.routed'], signatures: ['v1a'] }, '/signatures'],
    ['a rate of nothing', { url: URL_OF_ALL, events: ['lead.routed'], perSecond: 0 }, '/perSecond'],
    ['an order that is none', { url: URL_OF_ALL, events: ['lead.routed'], order: 'fifo' }, '/order'],
    ['an unknown field', { url: 'https://93.184.215.14/', events: ['lead.routed'], secret: 'whsec_x' }, '/secret'],
  ])('is refused with %s', async (_, json, field) => {
    const { status, body } = await put(partner(), 'crm', json);
    expect(status).toBe(400);
    expect((body['errors'] as { field: string }[]).map((each) => each.field)).toContain(field);
  });

  it('is refused under a bad id, and beyond the twentieth', async () => {
    const acme = partner();
    expect((await put(acme, 'a b', { url: receiver.url, events: ['lead.routed'] })).status).toBe(400);
    for (let i = 0; i < 20; i += 1) await road.endpoint(acme, `e${i}`, receiver.url);
    expect((await put(acme, 'e20', { url: receiver.url, events: ['lead.routed'] })).status).toBe(409);
    expect((await road.call('GET', `/v1/partners/${acme}/endpoints/e20`)).status).toBe(404);
  });

  it('signs with the old and the new secret after a rotation', async () => {
    const acme = partner();
    const before = await road.endpoint(acme, 'crm', receiver.url);
    await road.receives(leadRouted(randomUUID(), acme));
    await eventually(() => expect(receiver.received.some(({ body }) => body.data['party'] === acme)).toBe(true));
    const rotated = await road.call('POST', `/v1/partners/${acme}/endpoints/crm/rotate-secret`);
    expect(rotated).toMatchObject({ status: 200, body: { overlapHours: 24 } });
    const after = rotated.body['secret'] as string;
    expect(after).not.toBe(before);

    const lead = randomUUID();
    await road.receives(leadRouted(lead, acme));
    await eventually(() => expect(receiver.received.some(({ body }) => body.subject === lead)).toBe(true));
    const webhook = receiver.received.find(({ body }) => body.subject === lead);
    for (const secret of [before, after]) expect(webhook && verified(webhook, secret)).toMatchObject({ subject: lead });
    // A day later the old one is gone.
    await road.db.query(
      `UPDATE endpoint_secrets SET expires_at = now() - interval '1 second' WHERE expires_at IS NOT NULL`,
    );
    expect((await road.call('GET', `/v1/partners/${acme}/endpoints/crm`)).body['secrets']).toHaveLength(1);
    for (let i = 0; i < 3; i += 1)
      expect((await road.call('POST', `/v1/partners/${acme}/endpoints/crm/rotate-secret`)).status).toBe(200);
    expect((await road.call('POST', `/v1/partners/${acme}/endpoints/crm/rotate-secret`)).status).toBe(409);
  });
});

/** What came for this party, as soon as there are so many. */
async function arrivedAt(party: string, count = 1) {
  const of = () => receiver.received.filter(({ body }) => body.data['party'] === party);
  await eventually(() => expect(of()).toHaveLength(count));
  return of();
}

describe('an endpoint with a filter', () => {
  it('is told of the leads that it asks for, and of what becomes of them', async () => {
    const acme = partner();
    await put(acme, 'crm', {
      url: receiver.url,
      events: ['lead.routed', 'lead.accepted', 'lead.erased'],
      filter: { pools: ['smb'], grades: ['A', 'B'], countries: ['DE'], products: ['Cloud'] },
    });
    const [asked, ofAnotherGrade, unknown] = [randomUUID(), randomUUID(), randomUUID()];
    await road.receives(
      ...[leadScored(asked), leadRouted(asked, acme), leadAccepted(asked, acme)],
      ...[leadScored(ofAnotherGrade), leadRouted(ofAnotherGrade, acme, { grade: 'C' })],
      ...[leadAccepted(ofAnotherGrade, acme), leadRouted(unknown, acme)],
    );
    await arrivedAt(acme, 2);
    await road.receives(...[asked, ofAnotherGrade].map(leadErased));
    const told = (await arrivedAt(acme, 4)).map(({ body }) => [body.subject, body.type]);
    expect(told.filter(([lead]) => lead === asked).map(([, type]) => type)).toEqual([
      ...['lead.routed', 'lead.accepted', 'lead.erased'],
    ]);
    // Whoever may have had it, by another endpoint or before the filter, has to hear of that.
    expect(told.filter(([lead]) => lead !== asked)).toEqual([[ofAnotherGrade, 'lead.erased']]);
  });
});

describe('headers of a partner’s own', () => {
  it('are sent along, and neither shown nor stored in clear', async () => {
    const acme = partner();
    const headers = { Authorization: 'Bearer its-own-token', 'X-Tenant': 'acme 7' };
    const document = { url: receiver.url, events: ['lead.routed'] };
    const made = await put(acme, 'crm', { ...document, headers });
    expect(made.body).toMatchObject({ headerNames: ['authorization', 'x-tenant'] });
    await put(acme, 'crm', document);
    await road.receives(leadRouted(randomUUID(), acme));
    const [received] = await arrivedAt(acme);
    expect(received?.headers).toMatchObject({ authorization: 'Bearer its-own-token', 'x-tenant': 'acme 7' });
    expect(received && verified(received, made.body['secret'] as string)).toMatchObject({ type: 'lead.routed' });

    const { rows } = await road.db.query<{ row: string }>(`SELECT e::text AS row FROM endpoints e WHERE party = $1`, [
      acme,
    ]);
    const shown = await road.call('GET', `/v1/partners/${acme}/endpoints/crm`);
    const token = Buffer.from('its-own-token');
    for (const text of [JSON.stringify(shown.body), JSON.stringify(made.body), rows[0]?.row ?? ''])
      for (const form of ['utf8', 'hex', 'base64'] as const) expect(text).not.toContain(token.toString(form));
  });

  it('do not go to another server than the one that they were entered for', async () => {
    const [acme, elsewhere] = [partner(), await new Receiver().listen()];
    const document = { events: ['lead.routed'] };
    await put(acme, 'crm', { ...document, url: receiver.url, headers: { authorization: 'Bearer its-own-token' } });
    const moved = await put(acme, 'crm', { ...document, url: elsewhere.url });
    expect(moved).toMatchObject({ status: 400, body: { errors: [{ field: '/headers' }] } });
    expect(await put(acme, 'crm', { ...document, url: elsewhere.url, headers: {} })).toMatchObject({
      status: 200,
      body: { headerNames: [] },
    });
    await road.receives(leadRouted(randomUUID(), acme));
    await eventually(() => expect(elsewhere.received).toHaveLength(1));
    expect(elsewhere.received[0]?.headers).not.toHaveProperty('authorization');
    elsewhere.close();
  });
});

describe('an endpoint that is signed with Ed25519, too', () => {
  it('can be verified by its public key and by its secret, by both keys after a rotation, and at last by the new one', async () => {
    const acme = partner();
    const document = { url: receiver.url, events: ['lead.routed'] };
    const made = await put(acme, 'crm', { ...document, signatures: ['v1', 'v1a'] });
    const [before] = made.body['publicKeys'] as { key: string }[];
    expect(before?.key).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    const next = async (): Promise<Received> => {
      const lead = randomUUID();
      await road.receives(leadRouted(lead, acme));
      return eventually(
        () => receiver.received.find(({ body }) => body.subject === lead) ?? false,
      ) as Promise<Received>;
    };
    const first = await next();
    verified(first, made.body['secret'] as string);
    expect(verifiedBy(before?.key ?? '', first)).toBe(true);
    expect((await road.call('POST', `/v1/partners/${acme}/endpoints/crm/rotate-key`)).body).toEqual({
      publicKey: expect.stringMatching(/^whpk_/) as string,
      overlapHours: 24,
    });
    const { body } = await road.call('GET', `/v1/partners/${acme}/endpoints/crm`);
    const keys = body['publicKeys'] as { key: string; expiresAt: string | null }[];
    expect(keys.map(({ key, expiresAt }) => [key === before?.key, expiresAt !== null])).toEqual([
      ...[
        [false, false],
        [true, true],
      ],
    ]);
    const second = await next();
    verified(second, made.body['secret'] as string);
    for (const { key } of keys) expect(verifiedBy(key, second)).toBe(true);
    expect(verifiedBy(newSigningKey().publicKey, second)).toBe(false);

    // The overlap is over; what its party changes is read anew.
    await road.db.query(`UPDATE endpoint_secrets SET expires_at = now() WHERE public_key = $1`, [before?.key]);
    await put(acme, 'crm', document);
    const third = await next();
    verified(third, made.body['secret'] as string);
    expect(keys.map(({ key }) => verifiedBy(key, third))).toEqual([true, false]);

    expect((await put(acme, 'crm', { ...document, signatures: ['v1'] })).body).toMatchObject({ publicKeys: [] });
    expect((await road.call('POST', `/v1/partners/${acme}/endpoints/crm/rotate-key`)).status).toBe(409);
  });
});

describe('a test', () => {
  it('is a webhook like any other but of no lead, and is listed', async () => {
    const acme = partner();
    const secret = await road.endpoint(acme, 'crm', receiver.url);
    const path = `/v1/partners/${acme}/endpoints/crm`;
    const { status, body } = await road.call('POST', `${path}/test`);
    expect(status).toBe(202);
    const [received] = await arrivedAt(acme);
    expect(received && verified(received, secret)).toEqual({
      ...{ specversion: '1.0', id: body['deliveryId'], source: '/partner-notification', type: 'fairlead.test' },
      ...{ time: expect.any(String) as string, datacontenttype: 'application/json' },
      data: { party: acme, endpointId: 'crm' },
    });
    expect(received?.id).toBe(body['deliveryId']);
    await eventually(async () =>
      expect((await road.call('GET', `${path}/deliveries`)).body['deliveries']).toMatchObject([
        {
          id: body['deliveryId'],
          eventType: 'fairlead.test',
          leadId: null,
          state: 'delivered',
          attempts: [{ status: 200 }],
        },
      ]),
    );
    // The log is about leads.
    await road.receives(leadRouted(randomUUID(), acme));
    await eventually(() => expect(road.saidOf('partner.notified').some(({ data }) => isFor(acme, data))).toBe(true));
    expect(road.saidOf('partner.notified').filter(({ data }) => isFor(acme, data))).toHaveLength(1);
  });
});

const isFor = (party: string, data: unknown) => (data as { party: string }).party === party;

describe('the list of deliveries', () => {
  it('is paged, newest first, and can be asked for by state', async () => {
    const acme = partner();
    await road.endpoint(acme, 'crm', receiver.url);
    const leads = Array.from({ length: 5 }, () => randomUUID());
    const path = `/v1/partners/${acme}/endpoints/crm/deliveries`;
    // One after the other: leads of different partitions have no order among themselves.
    for (const [index, lead] of leads.entries()) {
      await road.receives(leadRouted(lead, acme));
      await eventually(async () => {
        const { body } = await road.call('GET', `${path}?state=delivered`);
        expect(body['deliveries']).toHaveLength(index + 1);
      });
    }
    const seen: string[] = [];
    let next: unknown = '';
    for (let page = `${path}?limit=2`; next !== undefined; page = `${path}?limit=2&after=${String(next)}`) {
      const { body } = await road.call('GET', page);
      seen.push(...(body['deliveries'] as { leadId: string }[]).map(({ leadId }) => leadId));
      next = body['next'];
    }
    expect(seen).toEqual([...leads].reverse());
    expect((await road.call('GET', `${path}?state=pending`)).body).toEqual({ deliveries: [] });
    const [first] = (await road.call('GET', path)).body['deliveries'] as Record<string, unknown>[];
    expect(first).toMatchObject({
      eventType: 'lead.routed',
      state: 'delivered',
      attempts: [{ attempt: 1, status: 200, failure: null, excerpt: null }],
    });
    expect(first).not.toHaveProperty('sequence');
  });

  it.each(['limit=0', 'limit=x', 'after=x', 'after=1&after=2', 'state=lost', 'state=failed&state=failed'])(
    'is refused for %s',
    async (query) => {
      const acme = partner();
      await road.endpoint(acme, 'crm', receiver.url);
      expect((await road.call('GET', `/v1/partners/${acme}/endpoints/crm/deliveries?${query}`)).status).toBe(400);
    },
  );
});

describe('a partner', () => {
  it('sees and changes its own endpoints; another’s look exactly like none', async () => {
    const [acme, beta] = [partner(), partner()];
    const key = await road.partnerKey(acme);
    await road.endpoint(beta, 'crm', receiver.url);
    const body = { url: receiver.url, events: ['lead.routed'] };
    expect((await put(acme, 'own', body, key)).status).toBe(201);
    const requests: [string, (party: string) => string][] = [
      ['GET', (party) => `/v1/partners/${party}/endpoints/crm`],
      ['PUT', (party) => `/v1/partners/${party}/endpoints/crm`],
      ['POST', (party) => `/v1/partners/${party}/endpoints/crm/rotate-secret`],
      ['POST', (party) => `/v1/partners/${party}/endpoints/crm/rotate-key`],
      ['POST', (party) => `/v1/partners/${party}/endpoints/crm/test`],
      ['GET', (party) => `/v1/partners/${party}/endpoints/crm/deliveries`],
      ['GET', (party) => `/v1/partners/${party}/endpoints/crm/deliveries/${randomUUID()}`],
      ['POST', (party) => `/v1/partners/${party}/endpoints/crm/deliveries/${randomUUID()}/resend`],
      ['POST', (party) => `/v1/partners/${party}/endpoints/crm/replay?since=2026-01-01T00:00:00Z`],
      ['GET', (party) => `/v1/partners/${party}/endpoints/crm/replays/${randomUUID()}`],
      ['GET', (party) => `/v1/partners/${party}/endpoints`],
    ];
    for (const [method, path] of requests) {
      const options = { key, ...(method === 'PUT' && { json: body }) };
      const [anothers, absent] = [
        await road.call(method, path(beta), options),
        await road.call(method, path(partner()), options),
      ];
      expect(anothers.status).toBe(404);
      expect(anothers).toEqual(absent);
    }
    expect((await road.call('GET', `/v1/partners/${beta}/endpoints/crm`)).body).toMatchObject({
      url: receiver.url,
      state: 'active',
    });
  });

  it('called direct is like any other', async () => {
    const key = await road.partnerKey('direct');
    expect((await put('direct', 'crm', { url: receiver.url, events: ['lead.routed'] }, key)).status).toBe(201);
    expect((await road.call('GET', '/v1/partners/direct/endpoints/crm', { key })).status).toBe(200);
  });

  it('needs a key, and one of the right role', async () => {
    const { body } = await road.call('POST', '/v1/keys', { json: { name: 'web', role: 'source', source: 'web' } });
    for (const [key, status] of [
      ['flk_nobody', 401],
      [body['key'] as string, 403],
    ] as const)
      expect((await road.call('GET', '/v1/partners/acme/endpoints', { key })).status).toBe(status);
  });
});
