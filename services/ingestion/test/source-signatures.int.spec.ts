// How each tool proves itself, over HTTP: valid, changed, missing, stale, sent again.
import { type Answer, type CallOptions, type Intake, startIntake } from './fixture/intake.js';
import { adobeKeys, hmac, signatures } from './fixture/tools.js';

const PUBLIC_URL = 'https://leads.vendor.test/in';
const SECRET = 'a secret of the tool';
const DAY_MS = 86_400_000;

let intake: Intake;
beforeAll(async () => {
  intake = await startIntake({ FAIRLEAD_PUBLIC_URL: `${PUBLIC_URL}/` });
  for (const { format, more } of tools) await intake.source(format, { format, secret: SECRET, ...more });
});
afterAll(() => intake?.end());

interface Tool {
  readonly format: string;
  readonly header: string;
  /** A delivery that changes nothing, so that only its proof decides. */
  readonly body: (id: string) => unknown;
  readonly more?: Record<string, unknown>;
  /** What the tool takes for success. */
  readonly success?: number;
}

const tools: readonly Tool[] = [
  { format: 'typeform', header: 'typeform-signature', body: (id) => ({ event_id: id, event_type: 'other' }) },
  {
    format: 'hubspot',
    header: 'x-hubspot-signature-v3',
    body: (id) => [{ eventId: id, subscriptionType: 'deal.creation', objectId: 1 }],
  },
  { format: 'mautic', header: 'webhook-signature', body: (id) => ({ 'mautic.other': [{ id }] }) },
  {
    format: 'meta',
    success: 200,
    header: 'x-hub-signature-256',
    body: (id) => ({ object: 'page', entry: [{ changes: [{ field: 'feed', value: id }] }] }),
  },
  { format: 'linkedin', header: 'x-li-signature', body: (id) => ({ type: 'OTHER', id }) },
  {
    format: 'marketo',
    header: 'x-adobe-digital-signature-1',
    body: (id) => ({ specversion: '1.0', type: 'com.adobe.platform.marketo.audit.user', id, data: {} }),
    more: { publicKeys: [adobeKeys.publicKey] },
  },
];

function send(format: string, body: string, headers: Record<string, string>, query = ''): Promise<Answer> {
  const options: CallOptions = { method: 'POST', type: 'application/json', body, headers };
  return intake.call(`/v1/sources/${format}/events${query}`, { ...options, key: undefined as never });
}

const proof = (format: string, body: string, { secret = SECRET, at = Date.now(), query = '' } = {}) =>
  signatures[format]?.({ body, secret, at, url: `${PUBLIC_URL}/v1/sources/${format}/events${query}` }) ?? {};

describe.each(tools)('a delivery of $format', ({ format, header, body, success = 202 }) => {
  const text = (id: string) => JSON.stringify(body(id));

  it('is taken when it is signed, and once more when it is sent again', async () => {
    const [first, second] = [
      await send(format, text('a'), proof(format, text('a'))),
      await send(format, text('a'), proof(format, text('a'))),
    ];
    expect([first.status, second.status]).toEqual([success, success]);
    expect(first.body.results).toMatchObject([{ status: 'unknown' }]);
    expect(second.body).toEqual(first.body);
    const kept = await intake.rows(`SELECT type FROM set_aside WHERE source_id = '${format}'`);
    expect(kept).toHaveLength(1);
  });

  it('is refused with any byte changed, of what is signed or of the signature', async () => {
    const right = proof(format, text('b'));
    const signature = right[header] ?? '';
    await intake.settled();
    const before = await intake.dump();
    for (let place = 0; place < text('b').length; place += 7) {
      const changed = Buffer.from(text('b'));
      changed[place] = (changed[place] ?? 0) ^ 1;
      expect((await send(format, changed.toString('latin1'), right)).status).toBe(401);
    }
    for (const place of [0, Math.floor(signature.length / 2), signature.length - 3]) {
      const letter = signature[place] === 'a' ? 'b' : 'a';
      const changed = `${signature.slice(0, place)}${letter}${signature.slice(place + 1)}`;
      expect((await send(format, text('b'), { ...right, [header]: changed })).status).toBe(401);
    }
    expect(await intake.dump()).toBe(before);
  });

  it('is refused without a signature, with an empty one, with another’s', async () => {
    const { [header]: _, ...without } = proof(format, text('c'));
    expect((await send(format, text('c'), without)).status).toBe(401);
    expect((await send(format, text('c'), { ...without, [header]: '' })).status).toBe(401);
    if (format !== 'marketo') {
      expect((await send(format, text('c'), proof(format, text('c'), { secret: 'another' }))).status).toBe(401);
      expect((await send(format, text('c'), proof(format, text('c'), { secret: '' }))).status).toBe(401);
    }
    expect((await send(format, text('c'), proof(format, text('d')))).status).toBe(401);
  });

  it('is refused by a source of the same kind that has nothing to verify it by', async () => {
    const id = `bare-${format}`;
    await intake.source(id, { format });
    expect((await send(id, text('e'), proof(format, text('e')))).status).toBe(401);
    expect((await send(id, text('e'), proof(format, text('e'), { secret: '' }))).status).toBe(401);
  });
});

describe('HubSpot', () => {
  const body = JSON.stringify([{ eventId: 9, subscriptionType: 'deal.creation', objectId: 1 }]);
  const status = async (given: { at?: number; query?: string }, query = given.query ?? '') =>
    (await send('hubspot', body, proof('hubspot', body, given), query)).status;

  it('is refused when its time is more than five minutes from ours, in either direction', async () => {
    const now = Date.now();
    expect(await status({ at: now - 290_000 })).toBe(202);
    for (const off of [-310_000, 310_000, -DAY_MS, DAY_MS]) expect(await status({ at: now + off })).toBe(401);
    const right = proof('hubspot', body);
    const renewed = { ...right, 'x-hubspot-request-timestamp': String(now + 1) };
    expect((await send('hubspot', body, renewed)).status).toBe(401);
    for (const timestamp of ['', 'now', '1e12', '-1'])
      expect((await send('hubspot', body, { ...right, 'x-hubspot-request-timestamp': timestamp })).status).toBe(401);
  });

  it('signs the address as the public one, with the query, and some characters decoded', async () => {
    expect(await status({ query: '?a=1' })).toBe(202);
    expect(await status({ query: '?a=1' }, '?a=2')).toBe(401);
    // HubSpot signs `:`, which the request has as `%3A`; `%20` stays as it is.
    expect(await status({ query: '?at=10:30&who=a%20b' }, '?at=10%3A30&who=a%20b')).toBe(202);
    const local = signatures['hubspot']?.({
      body,
      secret: SECRET,
      at: Date.now(),
      url: `${intake.url}/v1/sources/hubspot/events`,
    });
    expect((await send('hubspot', body, local ?? {})).status).toBe(401);
  });
});

describe('Google Ads', () => {
  const lead = (key: unknown, id: string) => ({
    ...{ lead_id: id, google_key: key, api_version: '1.0', form_id: 1, campaign_id: 2 },
    user_column_data: [{ column_id: 'EMAIL', string_value: `${id}@ads.example` }],
  });
  const post = (body: unknown, source = 'ads') => send(source, JSON.stringify(body), {});
  beforeAll(() => intake.source('ads', { format: 'google-ads', secret: 'testkey' }));

  it('sends its key along, and is refused without it', async () => {
    expect((await post(lead('testkey', 'g-1'))).body.results).toMatchObject([{ status: 'received' }]);
    await intake.source('ads-bare', { format: 'google-ads' });
    for (const key of ['', 'testkez', 'testkey ', null, 7, ['testkey'], { a: 1 }, undefined])
      expect((await post(lead(key, 'g-2'))).status).toBe(401);
    expect((await send('ads', 'not json', {})).status).toBe(401);
    expect((await post(lead('', 'g-3'), 'ads-bare')).status).toBe(401);
    expect((await post(lead(undefined, 'g-3'), 'ads-bare')).status).toBe(401);
  });

  it('is answered and goes no further when it is a test', async () => {
    const answer = await post({ ...lead('testkey', 'g-test'), is_test: true });
    expect([answer.status, answer.body.results]).toEqual([202, [{ index: 0, status: 'test' }]]);
    const known = await intake.rows(`SELECT * FROM leads WHERE source_id = 'ads'`);
    expect(known).toHaveLength(1);
    const wrong = {
      ...lead('testkey', 'g-test-2'),
      is_test: true,
      user_column_data: [{ column_id: 'EMAIL', string_value: 'x' }],
    };
    expect((await post(wrong)).body.results).toMatchObject([{ status: 'test', leftOut: [{ field: 'email' }] }]);
  });

  it('keeps a lead whose number nobody can read, and says so', async () => {
    const columns = [
      { column_id: 'EMAIL', string_value: 'n@ads.example' },
      { column_id: 'PHONE_NUMBER', string_value: '1-650-555-0123' },
    ];
    const answer = await post({ ...lead('testkey', 'g-4'), user_column_data: columns });
    expect(answer.body.results).toMatchObject([{ status: 'received', leftOut: [{ field: 'phone', rule: 'phone' }] }]);
  });
});

describe('a challenge', () => {
  const get = (source: string, query: string) =>
    intake.call(`/v1/sources/${source}/events?${query}`, { key: undefined as never });

  it('of Meta is answered when it knows the word that was agreed on', async () => {
    const ask = (token: string, more = '&hub.challenge=1158201444') =>
      get('meta', `hub.mode=subscribe&hub.verify_token=${encodeURIComponent(token)}${more}`);
    const answer = await ask(SECRET);
    expect([answer.status, answer.type, answer.text]).toEqual([200, 'text/plain', '1158201444']);
    expect((await ask('another')).status).toBe(401);
    expect((await ask('')).status).toBe(401);
    expect((await ask(SECRET, '&hub.challenge=%3Cscript%3E')).status).toBe(401);
    expect((await ask(SECRET, '&hub.challenge=1&hub.challenge=2')).status).toBe(401);
    await intake.source('meta', { format: 'meta', verifyToken: 'a word' });
    expect([(await ask('a word')).status, (await ask(SECRET)).status]).toEqual([200, 401]);
    expect((await get('bare-meta', 'hub.mode=subscribe&hub.verify_token=&hub.challenge=1')).status).toBe(401);
  });

  it('of LinkedIn is signed, and nothing but a challenge is', async () => {
    const challengeCode = '890e4665-4dfe-4ab1-b689-ed553bceeed0';
    const answer = await get('linkedin', `challengeCode=${challengeCode}`);
    expect([answer.status, answer.type, answer.body]).toEqual([
      ...[200, 'application/json'],
      { challengeCode, challengeResponse: hmac(SECRET, 'hex', challengeCode) },
    ]);
    // Else anybody could have a delivery of their own making signed here.
    const forged = encodeURIComponent('hmacsha256={"type":"LEAD_ACTION"}');
    expect((await get('linkedin', `challengeCode=${forged}`)).status).toBe(401);
    expect((await get('bare-linkedin', `challengeCode=${challengeCode}`)).status).toBe(401);
  });

  it('of Adobe is repeated', async () => {
    const answer = await get('marketo', 'challenge=8ec8d794-e0ab-42df-9017-e3dada8e84f7');
    expect([answer.status, answer.type, answer.text]).toEqual([
      200,
      'text/plain',
      '8ec8d794-e0ab-42df-9017-e3dada8e84f7',
    ]);
    expect((await get('marketo', 'challenge=%3Cimg%3E')).status).toBe(401);
    expect((await get('bare-marketo', 'challenge=x')).status).toBe(401);
    expect((await get('typeform', 'challenge=x')).status).toBe(401);
  });
});

describe('LinkedIn', () => {
  it('may write its prefix before the signature, and then sign with it or without', async () => {
    const body = JSON.stringify({ type: 'OTHER', id: 'prefix' });
    const status = async (signature: string) => (await send('linkedin', body, { 'x-li-signature': signature })).status;
    expect(await status(`hmacsha256=${hmac(SECRET, 'hex', `hmacsha256=${body}`)}`)).toBe(202);
    expect(await status(`hmacsha256=${hmac(SECRET, 'hex', body)}`)).toBe(202);
    expect(await status(hmac(SECRET, 'hex', body))).toBe(401);
    expect(await status(`hmacsha256=${hmac('another', 'hex', body)}`)).toBe(401);
  });
});

describe('Marketo', () => {
  it('is taken when the second signature is the one that holds, by a key that was added', async () => {
    const body = JSON.stringify([{ specversion: '1.0', type: 'com.adobe.x', id: 's-2', data: {} }]);
    const { 'x-adobe-digital-signature-1': right = '' } = proof('marketo', body);
    const headers = {
      'x-adobe-digital-signature-1': Buffer.alloc(256).toString('base64'),
      'x-adobe-digital-signature-2': right,
    };
    expect((await send('marketo', body, headers)).status).toBe(202);
  });

  it('lets Call Webhook in with the source’s own key, read by its mapping', async () => {
    const mapping = { columns: { mail: 'email' } };
    await intake.source('call', { format: 'marketo', publicKeys: [adobeKeys.publicKey], mapping });
    const key = await intake.keyOf('source', { source: 'call' });
    const body = JSON.stringify({ mail: 'c@call.example' });
    expect((await send('call', body, { authorization: `Bearer ${key}` })).body.results).toMatchObject([
      { status: 'received' },
    ]);
    expect((await send('call', body, {})).status).toBe(401);
    // A signature that does not hold is not made good by a key.
    const forged = { authorization: `Bearer ${key}`, 'x-adobe-digital-signature-1': 'AAAA' };
    expect((await send('call', body, forged)).status).toBe(401);
  });

  it('takes public keys only, and good ones', async () => {
    const put = (publicKeys: unknown) =>
      intake.call('/v1/sources/keys', { method: 'PUT', json: { format: 'marketo', publicKeys } });
    expect((await put([adobeKeys.publicKey])).status).toBe(200);
    for (const wrong of [[adobeKeys.privateKey], ['x'], [7], 'x', Array(5).fill(adobeKeys.publicKey)])
      expect((await put(wrong)).status).toBe(400);
  });
});
