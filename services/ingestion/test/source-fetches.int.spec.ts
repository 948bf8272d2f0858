// What webhooks only name is asked of a server that speaks as the tools do.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, eventually, type Intake, startIntake } from './fixture/intake.js';
import { adobeKeys, signatures } from './fixture/tools.js';

const SECRET = 'a secret of the tool';
const TOKEN = 'token-that-nobody-may-see';

interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let intake: Intake;
let tool: Server;
let base: string;
const asked: Asked[] = [];
/** What the tool answers next; the last one again and again. */
let answers: ((request: Asked, response: ServerResponse) => void)[] = [];

beforeAll(async () => {
  tool = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', headers } = request;
      const [, source, path = '/'] = /^\/([^/?]+)(.*)$/.exec(request.url ?? '') ?? [];
      // Of a source that was set up before, and is still asked for something.
      if (source !== current) return void response.writeHead(503).end();
      const one = { method, headers, url: new URL(path, base), body: Buffer.concat(chunks).toString() };
      asked.push(one);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(one, response);
    });
  });
  await new Promise<void>((resolve) => tool.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(tool.address() as AddressInfo).port}`;
  intake = await startIntake({ FAIRLEAD_WEBHOOK_ALLOW: '127.0.0.0/8', FAIRLEAD_WEBHOOK_RETRY_SCALE: '0.01' });
});
afterAll(async () => {
  await intake?.end();
  tool.closeAllConnections();
  tool.close();
});
beforeEach(() => {
  asked.length = 0;
  answers = [];
});

const json =
  (value: unknown, status = 200, headers = {}) =>
  (_: Asked, response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));

/** A contact for each that is asked for, except these. */
const contacts =
  (...absent: string[]) =>
  ({ body }: Asked, response: ServerResponse) => {
    const { inputs } = JSON.parse(body) as { inputs: { id: string }[] };
    const results = inputs
      .filter(({ id }) => !absent.includes(id))
      .map(({ id }) => ({
        id,
        properties: { email: `c${id}@${current}.example`, firstname: 'Ada', hs_email_open: '2' },
      }));
    json({ status: 'COMPLETE', results }, absent.length > 0 ? 207 : 200)({ body } as Asked, response);
  };

/** The source that is tried. Everybody’s own addresses: by another’s, leads would be merged. */
let current = '';
const baseOf = (source: string) => `${base}/${source}`;

async function setUp(id: string, format: string, more: Record<string, unknown> = {}): Promise<string> {
  current = id;
  await intake.source(id, { format, secret: SECRET, fetch: { baseUrl: baseOf(id), token: TOKEN }, ...more });
  return id;
}

function send(source: string, format: string, value: unknown): Promise<Answer> {
  const body = JSON.stringify(value);
  const path = `/v1/sources/${source}/events`;
  const headers = signatures[format]?.({ body, secret: SECRET, url: `${intake.url}${path}`, at: Date.now() }) ?? {};
  return intake.call(path, { method: 'POST', type: 'application/json', body, headers, key: undefined as never });
}

const leadOf = (id: string, source: string) => ({
  ...{ id, created_time: '2026-01-01T00:00:00+0000' },
  field_data: [{ name: 'email', values: [`l${id}@${source}.example`] }],
});
const leadgen = (...ids: string[]) => ({
  object: 'page',
  entry: [{ changes: ids.map((leadgen_id) => ({ field: 'leadgen', value: { leadgen_id } })) }],
});

let next = 1;
const created = (objectId: number) => ({ eventId: next++, subscriptionType: 'contact.creation', objectId });
const rows = (source: string) =>
  intake.rows<{ reference: string; attempts: number; failed: string | null; given_up_at: Date | null }>(
    `SELECT reference, attempts, failed, given_up_at FROM fetches WHERE source_id = '${source}' ORDER BY reference`,
  );
/** One that was named, and asked for as often in vain. */
const triedBefore = (source: string, attempts: number) =>
  intake.rows(
    `INSERT INTO fetches (source_id, reference, wanted_at, due_at, attempts)
     VALUES ('${source}', '1', now(), now(), ${attempts}); SELECT 1`,
  );
const failedWith = (source: string, why: string) =>
  eventually(async () => {
    const all = await rows(source);
    if (all.length === 0 || all.some(({ failed }) => failed !== why)) throw new Error('not yet');
    return all;
  });
const leads = (source: string) =>
  intake.rows<{ id: string; touches: number }>(`SELECT id, touches FROM leads WHERE source_id = '${source}'`);
const settled = (source: string, count: number) =>
  eventually(async () => {
    const [waiting, known] = [await rows(source), await leads(source)];
    if (waiting.some(({ given_up_at }) => given_up_at === null) || known.length < count) throw new Error('not yet');
    return known;
  });

it('asks HubSpot for all contacts of a delivery at once, as who was agreed on, and takes them in', async () => {
  answers = [contacts()];
  await setUp('hub', 'hubspot', { mapping: { columns: { favourite: 'product' } } });
  const answer = await send('hub', 'hubspot', [created(1), created(2), created(3)]);
  expect(answer.body.results?.map(({ status }) => status)).toEqual(['wanted', 'wanted', 'wanted']);
  const known = await settled('hub', 3);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
  });
  expect(asked[0]?.url.pathname).toBe('/crm/v3/objects/contacts/batch/read');
  expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({
    inputs: [{ id: '1' }, { id: '2' }, { id: '3' }],
    properties: expect.arrayContaining(['email', 'favourite']),
  });
  const said = await intake.said(
    known.map(({ id }) => id),
    3,
  );
  expect(said.map(({ data }) => String((data as { externalId?: string }).externalId)).sort()).toEqual(['1', '2', '3']);
  expect(said[0]).toMatchObject({ type: 'lead.received', data: { facts: { engagement: { emailOpens: 2 } } } });
});

it('asks once for what is named often, and again for what is named later', async () => {
  answers = [contacts()];
  await setUp('often', 'hubspot');
  await send('often', 'hubspot', [created(1), created(1), created(1)]);
  await settled('often', 1);
  expect(asked).toHaveLength(1);
  expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({ inputs: [{ id: '1' }] });
  await send('often', 'hubspot', [
    { ...created(1), subscriptionType: 'contact.propertyChange', propertyName: 'email' },
  ]);
  await eventually(async () => {
    if ((await leads('often'))[0]?.touches !== 2) throw new Error('not yet');
  });
});

it('does not ask again when a delivery is sent again', async () => {
  answers = [contacts()];
  await setUp('again', 'hubspot');
  const event = created(1);
  await send('again', 'hubspot', [event]);
  await settled('again', 1);
  const repeated = await send('again', 'hubspot', [{ ...event, attemptNumber: 1 }]);
  expect(repeated.body.results).toMatchObject([{ status: 'wanted' }]);
  expect(await rows('again')).toEqual([]);
});

it('tries again when the tool is away, and in the end takes it in once', async () => {
  answers = [
    (_, response) => void response.destroy(),
    json({}, 503),
    (_, response) => void response.end('not json'),
    json({ message: 'expired' }, 401),
    contacts(),
  ];
  await setUp('away', 'hubspot');
  await send('away', 'hubspot', [created(1)]);
  expect(await settled('away', 1)).toMatchObject([{ touches: 1 }]);
  expect(asked).toHaveLength(5);
});

it('leaves a tool alone that asks for it, and counts that for no attempt', async () => {
  answers = [json({}, 429, { 'retry-after': '2' }), contacts()];
  await setUp('busy', 'hubspot');
  const startedAt = Date.now();
  await send('busy', 'hubspot', [created(1)]);
  await settled('busy', 1);
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(2_000);
});

it('asks again for what is not there yet, and gives it up after the last attempt', async () => {
  answers = [contacts('2'), json({}, 404), contacts()];
  await setUp('young', 'hubspot');
  await send('young', 'hubspot', [created(1), created(2)]);
  expect(await settled('young', 2)).toHaveLength(2);
  expect(asked).toHaveLength(3);

  for (const [source, answer, failed] of [
    ['gone', contacts('1'), 'gone'],
    ['refused', json({}, 400), 'status-400'],
    ['never', json({}, 500), 'status-500'],
  ] as const) {
    answers = [answer];
    await setUp(source, 'hubspot');
    await triedBefore(source, 8);
    await settled(source, 0);
    expect(await rows(source)).toMatchObject([{ attempts: 9, failed, given_up_at: expect.any(Date) }]);
  }
});

it('keeps what it cannot ask for yet, until it can', async () => {
  answers = [contacts()];
  await intake.source('later', { format: 'hubspot', secret: SECRET });
  expect((await send('later', 'hubspot', [created(1)])).status).toBe(202);
  expect((await intake.call('/v1/sources/later')).body['wanted']).toEqual({
    ...{ waiting: 1, givenUp: 0, since: expect.any(String) },
  });
  await setUp('later', 'hubspot');
  await settled('later', 1);
  expect((await intake.call('/v1/sources/later')).body['wanted']).toEqual({ waiting: 0, givenUp: 0 });
});

// An app's secret was reset on a Friday: Graph called the token expired under the status 400, every lead of the weekend was halved
// down to one, given up after a single attempt, and nothing that anybody could do afterwards brought them back.
it('keeps what a token that has run out does not get, says so, and asks for it with the new one', async () => {
  const fresh = 'token-of-next-week';
  answers = [
    ({ headers, url }, response) => {
      if (headers.authorization !== `Bearer ${fresh}`)
        return json({ error: { code: 190, type: 'OAuthException', message: 'expired' } }, 400)({} as Asked, response);
      const ids = (url.searchParams.get('ids') ?? '').split(',');
      return json(Object.fromEntries(ids.map((id) => [id, leadOf(id, 'expired')])))({} as Asked, response);
    },
  ];
  await setUp('expired', 'meta');
  await send('expired', 'meta', leadgen('1', '2', '3'));
  await failedWith('expired', 'token-refused');
  await intake.rows(`UPDATE fetches SET attempts = 8, due_at = now() WHERE source_id = 'expired'; SELECT 1`);
  await settled('expired', 0);
  // All together, each time.
  expect(asked.every(({ url }) => url.searchParams.get('ids')?.split(',').length === 3)).toBe(true);
  expect((await intake.call('/v1/sources/expired')).body['wanted']).toEqual({
    ...{ waiting: 0, givenUp: 3, failing: 'token-refused' },
  });
  await setUp('expired', 'meta', { fetch: { baseUrl: baseOf('expired'), token: fresh } });
  expect(await settled('expired', 3)).toHaveLength(3);
  expect(await rows('expired')).toEqual([]);
});

it('does not ask a tool for each that says it was asked too often, in words of its own', async () => {
  const error = { code: 4, is_transient: true, message: 'Application request limit reached' };
  answers = [json({ error }, 400, { 'retry-after': '3600' })];
  await setUp('limit', 'meta');
  await send('limit', 'meta', leadgen(...Array.from({ length: 50 }, (_, place) => String(place + 1))));
  const waiting = await failedWith('limit', 'too-many-requests');
  expect(waiting).toHaveLength(50);
  expect(waiting.every(({ attempts, given_up_at }) => attempts === 0 && given_up_at === null)).toBe(true);
  expect(asked).toHaveLength(1);
});

it('asks for one by one no longer than it takes to see that all are refused', async () => {
  answers = [json({ error: { code: 9_999, message: 'new in this version' } }, 400)];
  await setUp('hopeless', 'meta');
  await send('hopeless', 'meta', leadgen(...Array.from({ length: 50 }, (_, place) => String(place + 1))));
  await eventually(async () => {
    if ((await rows('hopeless')).some(({ failed }) => failed !== 'graph-9999')) throw new Error('not yet');
  });
  const tried = await rows('hopeless');
  expect(tried).toHaveLength(50);
  expect(tried.filter(({ attempts }) => attempts === 0).length).toBeGreaterThan(30);
});

it('does without fields that a version of Meta’s API does not know', async () => {
  answers = [
    ({ url }, response) => {
      const fields = url.searchParams.get('fields')?.split(',') ?? [];
      const message = '(#100) Tried accessing nonexisting field (platform) on node type (UserLeadGenInfo)';
      if (fields.includes('platform')) return json({ error: { code: 100, message } }, 400)({} as Asked, response);
      return json({ '1': leadOf('1', 'fields'), '2': leadOf('2', 'fields') })({} as Asked, response);
    },
  ];
  await setUp('fields', 'meta');
  await send('fields', 'meta', leadgen('1', '2'));
  await settled('fields', 2);
  expect(asked.map(({ url }) => url.searchParams.get('fields'))).toEqual([
    'id,created_time,field_data,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,form_id,platform,is_organic,custom_disclaimer_responses',
    'id,created_time,field_data',
  ]);
});

it('asks Meta for leads by their ids, one by one where they are refused together', async () => {
  await setUp('meta', 'meta');
  answers = [
    ({ url }, response) => {
      const ids = (url.searchParams.get('ids') ?? '').split(',');
      if (ids.includes('2')) return json({ error: { code: 100 } }, 400)({ url } as Asked, response);
      return json(Object.fromEntries(ids.map((id) => [id, leadOf(id, 'meta')])))({ url } as Asked, response);
    },
  ];
  await send('meta', 'meta', leadgen('1', '2', '3'));
  await eventually(async () => {
    if ((await leads('meta')).length < 2) throw new Error('not yet');
  });
  expect(await failedWith('meta', 'graph-100')).toMatchObject([{ reference: '2', given_up_at: null }]);
  expect(asked.every(({ url }) => !url.search.includes(TOKEN))).toBe(true);
});

// Contacts are dated at their creation. A withdrawal that was fetched counted as of then, years before the consent it took back.
it('counts what it is told of somebody by now as of when they were named', async () => {
  const contact = (properties: object) =>
    json({
      results: [
        { id: '1', properties: { email: 'ada@now.example', createdate: '2020-01-01T00:00:00Z', ...properties } },
      ],
    });
  answers = [contact({ hs_email_open: '2' })];
  await setUp('now', 'hubspot');
  await send('now', 'hubspot', [created(1)]);
  const [lead] = await settled('now', 1);
  const id = lead?.id ?? '';
  const agreed = { given: true, at: '2025-01-01T00:00:00Z', text: 'I agree.' };
  await intake.call(`/v1/leads/${id}`, { method: 'PATCH', json: { consent: agreed } });
  const opened = { ...created(1), propertyName: 'hs_email_open', propertyValue: '3', occurredAt: Date.UTC(2025, 5, 1) };
  await send('now', 'hubspot', [{ ...opened, subscriptionType: 'contact.propertyChange' }]);

  answers = [contact({ hs_email_open: '5', hs_email_optout: 'true' })];
  const before = Date.now();
  await send('now', 'hubspot', [
    {
      ...created(1),
      subscriptionType: 'contact.propertyChange',
      propertyName: 'hs_email_optout',
      propertyValue: 'true',
    },
  ]);
  const said = await intake.said([id], 4);
  expect(said.map(({ type }) => type)).toEqual([
    ...['lead.received', 'lead.consent-changed', 'lead.engaged', 'lead.merged'],
  ]);
  expect(said[0]).toMatchObject({ data: { occurredAt: Date.UTC(2020, 0, 1) } });
  const { data } = said[3] as unknown as {
    data: { occurredAt: number; changed: string[]; known: { consent: { given: boolean; at: number } } };
  };
  expect(data).toMatchObject({
    changed: expect.arrayContaining(['consent', 'engagement.emailOpens']),
    known: { consent: { given: false }, facts: { engagement: { emailOpens: 5 } } },
  });
  expect(data.known.consent.at).toBeGreaterThanOrEqual(before);
  expect(data.occurredAt).toBeGreaterThanOrEqual(before);
});

it('asks as a client where a tool’s tokens end after an hour, and gets another when one is ended before', async () => {
  const client = { id: 'an-id', secret: 'secret-that-nobody-may-see' };
  let given = 0;
  const marketo =
    (lead: object) =>
    ({ url, body, headers }: Asked, response: ServerResponse): void => {
      if (url.pathname === '/identity/oauth/token') {
        expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
          ...{ grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret },
        });
        given += 1;
        // How long it holds not every tool says.
        return json({ access_token: `token-${given}` })({} as Asked, response);
      }
      const isEnded = headers.authorization === 'Bearer token-1' && given === 1 && asked.length > 2;
      const refusal = { success: false, errors: [{ code: '602', message: 'Access token expired' }] };
      return json(isEnded ? refusal : { success: true, result: [lead] })({} as Asked, response);
    };
  current = 'client';
  const put = (fetch: object) =>
    intake.call('/v1/sources/client', {
      ...{ method: 'PUT', json: { format: 'marketo', publicKeys: [adobeKeys.publicKey], fetch } },
    });
  expect((await put({ baseUrl: baseOf('client'), client })).body['fetch']).toEqual({
    ...{ baseUrl: baseOf('client'), hasClient: true },
  });
  const event = (id: string, leadId: number) => ({
    ...{ specversion: '1.0', id, type: 'com.adobe.platform.marketo.activity.standard.newlead', data: { leadId } },
  });
  answers = [marketo({ id: 1, email: 'one@client.example' })];
  await send('client', 'marketo', [event('1', 1)]);
  await settled('client', 1);
  answers = [marketo({ id: 2, email: 'two@client.example' })];
  await send('client', 'marketo', [event('2', 2)]);
  await settled('client', 2);
  const shown = asked.filter(({ url }) => url.pathname === '/rest/v1/leads.json');
  expect(shown.map(({ headers }) => headers.authorization)).toEqual([
    ...['Bearer token-1', 'Bearer token-1', 'Bearer token-2'],
  ]);
  expect(await intake.dump()).not.toContain(client.secret);

  // Left out, it stays; for another tool, or another server, it does not.
  expect((await put({ baseUrl: baseOf('client') })).status).toBe(200);
  const wrong = (fetch: object, format = 'marketo') =>
    intake.call('/v1/sources/client', { method: 'PUT', json: { format, fetch } });
  for (const [answer, field] of [
    [await wrong({ baseUrl: base.replace(/\d+$/, '1') }), '/fetch/token'],
    [await wrong({ baseUrl: baseOf('client') }, 'hubspot'), '/fetch/token'],
    [await wrong({ baseUrl: baseOf('client'), client }, 'hubspot'), '/fetch/client'],
    [await wrong({ baseUrl: baseOf('client'), client, token: TOKEN }), '/fetch/client'],
    [
      await wrong({ baseUrl: baseOf('client'), client: { ...client, refreshToken: 'x' } }),
      '/fetch/client/refreshToken',
    ],
    [
      await wrong({ baseUrl: baseOf('client'), client: { ...client, tokenUrl: 'http://10.0.0.1' } }),
      '/fetch/client/tokenUrl',
    ],
  ] as const)
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  expect((await put({ baseUrl: baseOf('client'), token: TOKEN })).body['fetch']).toMatchObject({ hasToken: true });
});

it('asks LinkedIn for each response, in a version that there is', async () => {
  await setUp('li', 'linkedin');
  answers = [
    json({
      ...{ id: 'r-1', submittedAt: Date.now() - 1_000 },
      formResponse: {
        answers: [{ questionId: 1, answerDetails: { textQuestionAnswer: { answer: 'ada@li.example' } } }],
      },
      form: { content: { questions: [{ questionId: 1, predefinedField: 'EMAIL' }] } },
    }),
  ];
  await send('li', 'linkedin', {
    type: 'LEAD_ACTION',
    leadAction: 'CREATED',
    leadGenFormResponse: 'urn:li:leadGenFormResponse:r-1',
  });
  await settled('li', 1);
  expect(asked[0]?.url.pathname).toBe('/leadFormResponses/r-1');
  expect(asked[0]?.headers['linkedin-version']).toMatch(/^20\d{4}$/);
});

it('asks nobody at an address that may not be called, whatever it turns out to be', async () => {
  const put = (fetch: unknown) =>
    intake.call('/v1/sources/evil', { method: 'PUT', json: { format: 'hubspot', fetch } });
  const refused = [
    'http://169.254.169.254/latest',
    'https://10.0.0.1',
    'http://[::1]:80',
    'ftp://example.com',
    'x',
    'https://u:p@example.com',
    'http://[',
  ];
  for (const baseUrl of refused)
    expect([baseUrl, (await put({ baseUrl, token: TOKEN })).status]).toEqual([baseUrl, 400]);
  expect((await put({ baseUrl: 'https://example.com/?x=', token: TOKEN })).status).toBe(400);
  // Put into the database past the check: the client refuses by itself.
  await setUp('past', 'hubspot');
  await intake.rows(`UPDATE sources SET fetch_base_url = 'http://10.255.255.1:1' WHERE id = 'past'; SELECT 1`);
  await send('past', 'hubspot', [created(1)]);
  await eventually(async () => {
    if ((await rows('past'))[0]?.failed !== 'address-refused') throw new Error('not yet');
  });
});

it('shows a token to nobody, and to no other address than it was given for', async () => {
  await setUp('token', 'hubspot');
  const { body } = await intake.call('/v1/sources/token');
  expect(body['fetch']).toEqual({ baseUrl: baseOf('token'), hasToken: true });
  expect(await intake.dump()).not.toContain(TOKEN);
  expect(await intake.dump()).not.toContain(Buffer.from(TOKEN).toString('hex'));
  const put = (baseUrl: string) =>
    intake.call('/v1/sources/token', { method: 'PUT', json: { format: 'hubspot', fetch: { baseUrl } } });
  expect((await put(`${base}/v2`)).status).toBe(200);
  expect(await put(base.replace(/\d+$/, '1'))).toMatchObject({
    status: 400,
    body: { errors: [{ field: '/fetch/token' }] },
  });
});
