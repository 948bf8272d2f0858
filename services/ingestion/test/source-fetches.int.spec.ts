// What webhooks only name is asked of a server that speaks as the tools do.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, eventually, type Intake, startIntake } from './fixture/intake.js';
import { signatures } from './fixture/tools.js';

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
      const one = { method, headers, url: new URL(request.url ?? '/', base), body: Buffer.concat(chunks).toString() };
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

/** Everybody’s own addresses: by another’s, leads would be merged. */
let current = '';

async function setUp(id: string, format: string, more: Record<string, unknown> = {}): Promise<string> {
  current = id;
  await intake.source(id, { format, secret: SECRET, fetch: { baseUrl: base, token: TOKEN }, ...more });
  return id;
}

function send(source: string, format: string, value: unknown): Promise<Answer> {
  const body = JSON.stringify(value);
  const path = `/v1/sources/${source}/events`;
  const headers = signatures[format]?.({ body, secret: SECRET, url: `${intake.url}${path}`, at: Date.now() }) ?? {};
  return intake.call(path, { method: 'POST', type: 'application/json', body, headers, key: undefined as never });
}

let next = 1;
const created = (objectId: number) => ({ eventId: next++, subscriptionType: 'contact.creation', objectId });
const rows = (source: string) =>
  intake.rows<{ reference: string; attempts: number; failed: string | null; given_up_at: Date | null }>(
    `SELECT reference, attempts, failed, given_up_at FROM fetches WHERE source_id = '${source}' ORDER BY reference`,
  );
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

it('gives up what has gone, and what nobody answers after the last attempt', async () => {
  answers = [contacts('2')];
  await setUp('gone', 'hubspot');
  await send('gone', 'hubspot', [created(1), created(2)]);
  await settled('gone', 1);
  expect(await rows('gone')).toMatchObject([{ reference: '2', failed: 'gone', given_up_at: expect.any(Date) }]);

  answers = [json({}, 500)];
  await setUp('never', 'hubspot');
  await intake.rows(
    `INSERT INTO fetches (source_id, reference, wanted_at, due_at, attempts) VALUES ('never', '1', now(), now(), 8); SELECT 1`,
  );
  await settled('never', 0);
  expect(await rows('never')).toMatchObject([{ attempts: 9, failed: 'status-500', given_up_at: expect.any(Date) }]);
});

it('keeps what it cannot ask for yet, until it can', async () => {
  answers = [contacts()];
  await intake.source('later', { format: 'hubspot', secret: SECRET });
  expect((await send('later', 'hubspot', [created(1)])).status).toBe(202);
  expect(await rows('later')).toHaveLength(1);
  await setUp('later', 'hubspot');
  await settled('later', 1);
});

it('asks Meta for leads by their ids, one by one where they are refused together', async () => {
  await setUp('meta', 'meta');
  answers = [
    ({ url }, response) => {
      const ids = (url.searchParams.get('ids') ?? '').split(',');
      if (ids.includes('2')) return json({ error: { code: 100 } }, 400)({ url } as Asked, response);
      const leadOf = (id: string) => ({ id, field_data: [{ name: 'email', values: [`l${id}@meta.example`] }] });
      return json(Object.fromEntries(ids.map((id) => [id, leadOf(id)])))({ url } as Asked, response);
    },
  ];
  const change = (leadgen_id: string) => ({ field: 'leadgen', value: { leadgen_id } });
  await send('meta', 'meta', { object: 'page', entry: [{ changes: ['1', '2', '3'].map(change) }] });
  await settled('meta', 2);
  expect(await rows('meta')).toMatchObject([{ reference: '2', failed: 'status-400' }]);
  expect(asked.every(({ url }) => !url.search.includes(TOKEN))).toBe(true);
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
  expect(body['fetch']).toEqual({ baseUrl: base, hasToken: true });
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
