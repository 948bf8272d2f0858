import type { LeadReceived } from '@fairlead/events';
import { existsSync, readFileSync } from 'node:fs';
import { type Answer, type Intake, startIntake } from './fixture/intake.js';
import { adobeKeys, hmac, signatures } from './fixture/tools.js';

let intake: Intake;

beforeAll(async () => {
  intake = await startIntake({ FAIRLEAD_PUBLIC_URL: PUBLIC_URL });
});
afterAll(() => intake?.end());

const PUBLIC_URL = 'https://leads.vendor.test/in';
const SECRET = 'a secret of the tool';

interface Sending {
  readonly type?: string;
  readonly headers?: Record<string, string>;
  readonly secret?: string;
  readonly at?: number;
  readonly query?: string;
}

/** As the tool sends it: signed, where it signs. */
function send(source: string, format: string, body: string | object, sending: Sending = {}): Promise<Answer> {
  const { type = 'application/json', headers = {}, secret = SECRET, at = Date.now(), query = '' } = sending;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const path = `/v1/sources/${source}/events${query}`;
  const signed = signatures[format]?.({ body: text, secret, url: `${PUBLIC_URL}${path}`, at }) ?? {};
  return intake.call(path, {
    method: 'POST',
    type,
    body: text,
    headers: { ...signed, ...headers },
    key: undefined as never,
  });
}

const statuses = ({ status, body }: Answer) => [status, ...(body.results ?? []).map((each) => each.status)];

async function setUp(id: string, format: string, more: Record<string, unknown> = {}): Promise<string> {
  await intake.source(id, { format, secret: SECRET, ...more });
  return id;
}

describe('a source that shows its own key', () => {
  let key: string;
  beforeAll(async () => {
    const mapping = { columns: { 'person.mail': 'email', ref: 'externalId', 'person.name': 'lastName' } };
    await setUp('portal', 'json', { mapping });
    await setUp('bus', 'cloudevents');
    key = await intake.keyOf('source', { source: 'portal' });
  });
  const authorization = (own: string) => ({ authorization: `Bearer ${own}` });

  it('is read by its mapping, which reaches into nested objects', async () => {
    const lead = { ref: 17, person: { mail: 'ada@portal.example', name: 'Ada' }, other: [1] };
    const answer = await send('portal', 'json', lead, { headers: authorization(key) });
    expect(statuses(answer)).toEqual([202, 'received']);
    const [received] = await intake.said([answer.body.results?.[0]?.id ?? ''], 1);
    expect(received).toMatchObject({ type: 'lead.received', data: { sourceId: 'portal', externalId: '17' } });
  });

  it('is answered item by item, of which a bad one costs no other', async () => {
    const rows = [{ ref: 'b-1' }, 'no lead', { ref: 'b-2', person: { mail: 'not an address' } }, { ref: 'b-3' }];
    const answer = await send('portal', 'json', rows, { headers: authorization(key) });
    expect(statuses(answer)).toEqual([202, 'received', 'rejected', 'rejected', 'received']);
    expect(answer.body.results?.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  });

  it('may send a form instead', async () => {
    const form = { type: 'application/x-www-form-urlencoded', headers: authorization(key) };
    expect(statuses(await send('portal', 'json', 'ref=f-1&person.mail=fritz%40portal.example', form))).toEqual([
      202,
      'received',
    ]);
  });

  it('is Marketo’s Call Webhook as well, whichever way its tokens are encoded', async () => {
    await setUp('call', 'marketo', { mapping: { columns: { mail: 'email', id: 'externalId' } } });
    const headers = authorization(await intake.keyOf('source', { source: 'call' }));
    const type = 'application/x-www-form-urlencoded';
    const form = () =>
      intake.call('/v1/sources/call/events', {
        method: 'POST',
        type,
        body: 'mail=a%40call.example&id=17',
        headers,
        key: undefined as never,
      });
    expect(statuses(await form())).toEqual([202, 'received']);
    const json = { mail: 'b@call.example', id: 18 };
    expect(
      statuses(
        await intake.call('/v1/sources/call/events', { method: 'POST', json, headers, key: undefined as never }),
      ),
    ).toEqual([202, 'received']);
  });

  it('is let in with that key alone', async () => {
    const another = await intake.keyOf('source', { source: 'bus' });
    for (const headers of [{}, authorization(another), authorization(intake.admin), authorization('x'.repeat(40))])
      expect((await send('portal', 'json', { ref: 'n-1' }, { headers })).status).toBe(401);
    expect((await intake.call('/v1/sources/portal/events', { headers: authorization(key) })).status).toBe(401);
  });

  it('sends CloudEvents in each of their three modes', async () => {
    const own = authorization(await intake.keyOf('source', { source: 'bus' }));
    const event = (id: string) => ({
      ...{ specversion: '1.0', id, source: '/crm', type: 'com.example.signup', time: '2026-01-02T03:04:05Z' },
      data: { email: `${id}@bus.example` },
    });
    const structured = await send('bus', 'cloudevents', event('s-1'), {
      ...{ type: 'application/cloudevents+json', headers: own },
    });
    expect(statuses(structured)).toEqual([202, 'received']);
    const batch = { type: 'application/cloudevents-batch+json', headers: own };
    const wrong = { ...event('b-2'), specversion: '0.3' };
    expect(statuses(await send('bus', 'cloudevents', [event('b-1'), wrong, event('b-3')], batch))).toEqual([
      ...[202, 'received', 'rejected', 'received'],
    ]);
    const attributes = {
      'ce-specversion': '1.0',
      'ce-id': 'i-1',
      'ce-source': '/crm',
      'ce-type': 'com.example.signup',
    };
    const binary = await send(
      'bus',
      'cloudevents',
      { email: 'i-1@bus.example' },
      { headers: { ...own, ...attributes } },
    );
    expect(statuses(binary)).toEqual([202, 'received']);
    const [received] = await intake.said([structured.body.results?.[0]?.id ?? ''], 1);
    expect(received).toMatchObject({ data: { externalId: 's-1', occurredAt: Date.UTC(2026, 0, 2, 3, 4, 5) } });
  });
});

describe('CloudEvents at POST /v1/leads', () => {
  const event = { specversion: '1.0', id: 'e-1', source: '/crm', type: 'com.example.signup' };
  const post = (type: string, body: unknown, headers = {}) =>
    intake.call('/v1/leads?source=plain', { type, body: JSON.stringify(body), headers });
  beforeAll(() => setUp('plain', 'json'));

  it('are read in each of their three modes', async () => {
    const one = { ...event, subject: 'c-17', data: { email: 'c-17@plain.example' } };
    expect(statuses(await post('application/cloudevents+json', one))).toEqual([202, 'received']);
    const batch = [
      { ...event, id: 'e-2', data: { email: 'c-18@plain.example' } },
      { ...event, id: '' },
    ];
    expect(statuses(await post('application/cloudevents-batch+json', batch))).toEqual([202, 'received', 'rejected']);
    for (const none of [{}, 7, 'x', null])
      expect((await post('application/cloudevents-batch+json', none)).status).toBe(400);
    const attributes = {
      'ce-specversion': '1.0',
      'ce-id': 'e-3',
      'ce-source': '/crm',
      'ce-type': 'com.example.signup',
    };
    expect(statuses(await post('application/json', { email: 'c-19@plain.example' }, attributes))).toEqual([
      ...[202, 'received'],
    ]);
  });

  it('say what is wrong with the one that was sent', async () => {
    expect(await post('application/cloudevents+json', { ...event, data: [] })).toMatchObject({ status: 422 });
    expect(await post('application/cloudevents+json', { data: {} })).toMatchObject({ status: 422 });
  });
});

describe('a delivery that is signed', () => {
  const response = (id: string, more: Record<string, unknown> = {}) => ({
    event_id: id,
    event_type: 'form_response',
    form_response: {
      ...{ form_id: 'f', token: `token-${id}`, submitted_at: '2026-09-26T08:23:49Z' },
      answers: [{ type: 'email', email: `${id}@form.example`, field: { id: 'q', ref: 'r', type: 'email' } }],
      ...more,
    },
  });
  beforeAll(() => setUp('form', 'typeform'));

  it('is taken in', async () => {
    const answer = await send('form', 'typeform', response('one'));
    expect(statuses(answer)).toEqual([202, 'received']);
    expect(await send('form', 'typeform', response('one'))).toMatchObject({ status: 202, body: answer.body });
  });

  it('is refused when a byte of it, or of its signature, is another, and nothing of it is stored', async () => {
    const body = JSON.stringify(response('two'));
    const right = signatures['typeform']?.({ body, secret: SECRET, url: '', at: 0 }) ?? {};
    const signature = right['typeform-signature'] ?? '';
    await intake.settled();
    const before = await intake.dump();
    const tries: [string, Record<string, string>][] = [
      [body.replace('two', 'twi'), right],
      [`${body} `, right],
      [
        body,
        {
          'typeform-signature': signature.replace(
            /.(=+)$/,
            (_, end: string) => `${signature.at(-3) === 'A' ? 'B' : 'A'}${end}`,
          ),
        },
      ],
      [body, { 'typeform-signature': signature.slice('sha256='.length) }],
      [body, { 'typeform-signature': '' }],
      [body, { 'typeform-signature': `sha256=${hmac('', 'base64', body)}` }],
      [body, { 'typeform-signature': `sha256=${hmac('another secret', 'base64', body)}` }],
      [body, {}],
    ];
    for (const [text, headers] of tries) expect((await send('form', 'none', text, { headers })).status).toBe(401);
    expect(await intake.dump()).toBe(before);
    expect(statuses(await send('form', 'none', body, { headers: right }))).toEqual([202, 'received']);
  });

  it('is refused by a source without a secret, rather than trusted', async () => {
    await intake.source('trusting', { format: 'typeform' });
    expect((await send('trusting', 'typeform', response('three'), { secret: '' })).status).toBe(401);
    expect((await send('trusting', 'none', response('three'))).status).toBe(401);
  });

  it('looks the same to a source that is not there', async () => {
    const [wrong, absent] = [await send('form', 'none', {}), await send('never-was', 'none', {})];
    expect([absent.status, absent.text]).toEqual([wrong.status, wrong.text]);
  });

  it('is refused when it is proven and cannot be read', async () => {
    expect((await send('form', 'typeform', '{"event_id": ')).status).toBe(400);
    expect((await send('form', 'typeform', '')).status).toBe(400);
    expect((await send('form', 'typeform', '['.repeat(10_000))).status).toBe(400);
    expect((await send('form', 'typeform', '{"__proto__":{"x":1}}')).status).toBe(400);
    expect((await send('form', 'typeform', 'a=b', { type: 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await send('form', 'typeform', '{}', { type: 'text/plain' })).status).toBe(415);
    expect((await send('form', 'typeform', '{}', { type: 'application/json; charset=latin1' })).status).toBe(415);
    expect((await send('form', 'typeform', ' '.repeat(10 * 1024 * 1024))).status).toBe(413);
  });
});

describe('the secret of a source', () => {
  it('is shown to nobody and stored encrypted', async () => {
    const secret = 'never to be seen again';
    await intake.source('secretive', { format: 'typeform', secret });
    const shown = await intake.call('/v1/sources/secretive');
    expect(shown.body).toEqual({ id: 'secretive', format: 'typeform', secretSince: expect.any(String) });
    expect(await intake.dump()).not.toContain(secret);
    expect(await intake.dump()).not.toContain(Buffer.from(secret).toString('hex'));
  });

  it('stays when the source is changed otherwise, and is valid for a day after it was replaced', async () => {
    await setUp('rotating', 'typeform');
    const answers = async (secret: string) =>
      (await send('rotating', 'typeform', { event_type: 'x' }, { secret })).status;
    await intake.source('rotating', { format: 'typeform', defaults: { country: 'DE' } });
    expect(await answers(SECRET)).toBe(202);
    await intake.source('rotating', { format: 'typeform', secret: 'the second' });
    expect([await answers(SECRET), await answers('the second')]).toEqual([202, 202]);
    const { body } = await intake.call('/v1/sources/rotating');
    const left = Date.parse(String(body['previousSecretUntil'])) - Date.now();
    expect(left).toBeGreaterThan(23 * 3_600_000);
    expect(left).toBeLessThanOrEqual(24 * 3_600_000);
    await intake.source('rotating', { format: 'typeform', secret: 'the third' });
    expect([await answers(SECRET), await answers('the second'), await answers('the third')]).toEqual([401, 202, 202]);
  });

  it('ends after that day', async () => {
    await setUp('ageing', 'typeform');
    await intake.source('ageing', { format: 'typeform', secret: 'the second' });
    await intake.rows(`UPDATE source_secrets SET expires_at = now() - interval '1 second' WHERE expires_at IS NOT NULL
      AND source_id = 'ageing'; SELECT 1`);
    expect((await send('ageing', 'typeform', { event_type: 'x' })).status).toBe(401);
  });

  it('ends at once when it is withdrawn, or when the source becomes another tool’s', async () => {
    await setUp('withdrawn', 'typeform');
    await intake.source('withdrawn', { format: 'typeform', secret: null });
    expect((await send('withdrawn', 'typeform', { event_type: 'x' })).status).toBe(401);
    await setUp('changed', 'typeform');
    await intake.source('changed', { format: 'json' });
    await intake.source('changed', { format: 'typeform' });
    expect((await send('changed', 'typeform', { event_type: 'x' })).status).toBe(401);
  });
});

describe('what somebody did', () => {
  const contact = (id: number, email?: string) => ({
    id,
    points: 1,
    fields: { core: email ? { email: { value: email } } : [] },
  });
  const opened = (stat: number, id: number, email?: string) => ({
    stat: { id: stat, openCount: 1, lead: contact(id, email) },
  });
  beforeAll(() => setUp('mautic', 'mautic'));

  it('raises the engagement of somebody known, once for each time that it happened', async () => {
    const created = { 'mautic.lead_post_save_new': [{ contact: contact(1, 'known@mautic.example') }] };
    const lead = await send('mautic', 'mautic', created);
    const id = lead.body.results?.[0]?.id ?? '';
    const events = { 'mautic.email_on_open': [opened(1, 1), opened(2, 1)], 'mautic.other': [{}] };
    const answer = await send('mautic', 'mautic', events);
    expect(statuses(answer)).toEqual([202, 'engaged', 'engaged', 'unknown']);
    expect(await send('mautic', 'mautic', events)).toMatchObject({ body: answer.body });
    const said = await intake.said([id], 3);
    expect(said.map(({ type }) => type)).toEqual(['lead.received', 'lead.engaged', 'lead.engaged']);
    expect(said[2]).toMatchObject({
      data: { activity: 'email-opened', adds: { emailOpens: 1 }, matchedBy: 'externalId' },
    });
  });

  it('tells that somebody agrees no more, and makes no lead of somebody who is not known', async () => {
    const event = (id: string, type: string, leadId: number, more: object) => ({
      ...{ specversion: '1.0', id, source: 'urn:marketo_activity_stream', time: '2026-01-02T00:00:00Z' },
      type: `com.adobe.platform.marketo.activity.standard.${type}`,
      data: { leadId, activityDate: '2026-01-02T00:00:00Z', ...more },
    });
    await setUp('unsubscribing', 'marketo', { publicKeys: [adobeKeys.publicKey] });
    // Whoever is told of first in a delivery need not be first in it.
    const answer = await send('unsubscribing', 'marketo', [
      event('1', 'unsubscribeemail', 7, {}),
      event('2', 'newlead', 7, { lead: { email: 'ada@unsubscribing.example' } }),
      event('3', 'unsubscribeemail', 8, {}),
    ]);
    expect(statuses(answer)).toEqual([202, 'engaged', 'received', 'ignored']);
    const later = await send('unsubscribing', 'marketo', [event('4', 'unsubscribeemail', 7, {})]);
    expect(statuses(later)).toEqual([202, 'engaged']);
    const [id = ''] = [answer.body.results?.[1]?.id];
    expect(later.body.results?.[0]?.id).toBe(id);
    const [, told] = await intake.said([id], 3);
    expect(told).toMatchObject({
      type: 'lead.consent-changed',
      data: { known: { consent: { given: false, at: Date.UTC(2026, 0, 2) } } },
    });
    expect(await intake.rows(`SELECT 1 FROM leads WHERE source_id = 'unsubscribing'`)).toHaveLength(1);
  });

  it('makes no lead of somebody who is not known', async () => {
    const before = (await intake.rows('SELECT * FROM leads')).length;
    const events = { 'mautic.email_on_open': [opened(3, 99, 'stranger@mautic.example'), { stat: {} }] };
    expect(statuses(await send('mautic', 'mautic', events))).toEqual([202, 'ignored', 'rejected']);
    expect(await intake.rows('SELECT * FROM leads')).toHaveLength(before);
  });

  it('is told in a batch whose other half is bad, and half of which came before', async () => {
    const half = { 'mautic.lead_post_save_new': [{ contact: contact(5, 'five@mautic.example') }] };
    const first = await send('mautic', 'mautic', half);
    const all = {
      'mautic.lead_post_save_new': [
        ...half['mautic.lead_post_save_new'],
        'no contact',
        { contact: contact(6, 'six@mautic.example') },
      ],
    };
    const second = await send('mautic', 'mautic', all);
    expect(statuses(second)).toEqual([202, 'received', 'rejected', 'received']);
    expect(second.body.results?.[0]).toEqual(first.body.results?.[0]);
    expect(statuses(await send('mautic', 'mautic', { ...all, timestamp: 'later' }))).toEqual(statuses(second));
  });
});

describe('a lead of which a part cannot be understood', () => {
  let own: { authorization: string };
  beforeAll(async () => {
    const columns = {
      ...{ mail: 'email', tel: 'phone', wants: 'product', note: 'attributes.note', agreed: 'consent' },
    };
    await setUp('tool', 'json', { mapping: { columns }, defaults: { country: 'DE' } });
    await setUp('ours', 'json');
    own = { authorization: `Bearer ${await intake.keyOf('source', { source: 'tool' })}` };
  });
  const received = async (answer: Answer) => {
    const [event] = (await intake.said([answer.body.results?.[0]?.id ?? ''], 1)) as LeadReceived[];
    const { contact: sealed, ...data } = event!.data;
    const place = { leadId: event!.subject, eventId: event!.id, field: 'contact', sealed: sealed! };
    const [contact] = await intake.personalData.unseal([place]);
    return { ...data, contact };
  };
  const leftOut = ({ body }: Answer) =>
    (body.results as readonly { leftOut?: readonly { field: string }[] }[])[0]?.leftOut?.map(({ field }) => field);

  it('is known as one who refused, whenever that was', async () => {
    const key = await intake.keyOf('source', { source: 'ours' });
    const consent = { given: false, at: '31.01.2026 10:00', text: 'Do not call me' };
    const lead = { email: 'refused@part.example', consent };
    const answer = await send('ours', 'json', lead, { headers: { authorization: `Bearer ${key}` } });
    expect([...statuses(answer), leftOut(answer)]).toEqual([202, 'received', ['consent.at']]);
    expect((await received(answer)).consent).toEqual({ given: false, text: 'Do not call me' });
    expect(
      await intake.rows(`SELECT known #>> '{knowledge,consent,given}' AS given FROM leads WHERE source_id = 'ours'`),
    ).toEqual([{ given: 'false' }]);
  });

  it('is reached by the phone where the address is none, which is in the message alone', async () => {
    const answer = await send('tool', 'json', { mail: 'ada(at)part.example', tel: '030 901820' }, { headers: own });
    expect([...statuses(answer), leftOut(answer)]).toEqual([202, 'received', ['email']]);
    const { contact } = await received(answer);
    expect(contact).toEqual({ phone: '+4930901820', message: 'E-mail: ada(at)part.example' });
    expect(intake.everything().toString()).not.toContain('ada(at)part');
    const neither = { mail: 'bob(at)part.example', tel: 'on request' };
    expect(statuses(await send('tool', 'json', neither, { headers: own }))).toEqual([202, 'rejected']);
  });

  it('has what is too long cut, and no consent where nobody said yes or no', async () => {
    const lead = { mail: 'long@part.example', wants: 'w'.repeat(300), note: 'n'.repeat(300), agreed: 'I agree to it' };
    const answer = await send('tool', 'json', lead, { headers: own });
    expect([...statuses(answer), leftOut(answer)]).toEqual([
      ...[202, 'received'],
      ['product', 'consent', 'attributes.note'],
    ]);
    const { facts, consent, contact } = await received(answer);
    expect([facts.product?.length, facts.attributes['note']]).toEqual([100, 'n'.repeat(200)]);
    expect([consent, contact]).toEqual([undefined, { email: 'long@part.example', message: 'Consent: I agree to it' }]);
  });

  it('agrees by a box that was ticked, as forms say it', async () => {
    const form = { type: 'application/x-www-form-urlencoded', headers: own };
    const answer = await send('tool', 'json', 'mail=ticked%40part.example&agreed=on', form);
    expect((await received(answer)).consent).toEqual({ given: true });
    const numbers = await send('tool', 'json', { mail: 'zero@part.example', agreed: 0 }, { headers: own });
    expect((await received(numbers)).consent).toEqual({ given: false });
  });
});

describe('somebody who unsubscribes', () => {
  beforeAll(() => setUp('letters', 'mautic'));
  const contact = (id: number) => ({ id, points: 1, fields: { core: { email: { value: `u${id}@letters.example` } } } });
  const unsubscribed = (id: number, timestamp: string) => ({
    'mautic.lead_channel_subscription_changed': [
      {
        ...{ contact: contact(id), channel: 'email', old_status: 'contactable', new_status: 'unsubscribed' },
        timestamp,
      },
    ],
  });
  const AT = '2026-01-03T10:00:00+00:00';

  it('agrees no more, which is told once, and by when it was said', async () => {
    const created = {
      'mautic.lead_post_save_new': [{ contact: contact(1), timestamp: '2026-01-01T10:00:00+00:00' }],
    };
    const first = await send('letters', 'mautic', created);
    const id = first.body.results?.[0]?.id ?? '';
    const answer = await send('letters', 'mautic', unsubscribed(1, AT));
    expect(answer.body.results).toEqual([{ index: 0, id, status: 'engaged' }]);
    expect((await send('letters', 'mautic', unsubscribed(1, AT))).body).toEqual(answer.body);
    const said = await intake.said([id], 2);
    expect(said.map(({ type }) => type)).toEqual(['lead.received', 'lead.consent-changed']);
    expect(said[1]).toMatchObject({
      data: {
        ...{ sourceId: 'letters', consent: { given: false, at: Date.parse(AT) }, touch: 2, changed: ['consent'] },
        known: { consent: { given: false } },
      },
    });
    // What was said before they agreed again changes nothing.
    const agreed = { consent: { given: true, at: '2026-01-04' } };
    await intake.call(`/v1/leads/${id}`, { method: 'PATCH', json: agreed });
    await send('letters', 'mautic', unsubscribed(1, '2026-01-02T10:00:00+00:00'));
    const [, , , older] = await intake.said([id], 4);
    expect(older).toMatchObject({ data: { changed: [], known: { consent: { given: true } } } });
  });

  it('is nobody new where nobody knew them', async () => {
    const before = (await intake.rows('SELECT * FROM leads')).length;
    expect(statuses(await send('letters', 'mautic', unsubscribed(99, AT)))).toEqual([202, 'ignored']);
    expect(await intake.rows('SELECT * FROM leads')).toHaveLength(before);
  });

  it('is heard when it comes together with who they are', async () => {
    const created = { 'mautic.lead_post_save_new': [{ contact: contact(2), timestamp: '2026-01-01T10:00:00+00:00' }] };
    const both = { ...unsubscribed(2, AT), ...created };
    const answer = await send('letters', 'mautic', both);
    expect(statuses(answer)).toEqual([202, 'engaged', 'received']);
    const [, changed] = await intake.said([answer.body.results?.[1]?.id ?? ''], 2);
    expect(changed).toMatchObject({ type: 'lead.consent-changed', data: { consent: { given: false } } });
  });
});

describe('a test request of Typeform', () => {
  it('is answered as one and makes nobody', async () => {
    await setUp('trial', 'typeform');
    const answers = [
      { type: 'email', email: 'an_account@example.com', field: { id: '1', type: 'email' } },
      { type: 'text', text: 'Lorem ipsum dolor', field: { id: '2', type: 'short_text' } },
    ];
    const [landed_at, submitted_at] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'];
    const trial = { token: '01DJDG5S6JTG0D4VGB3Y3K3X2M', landed_at, submitted_at, answers };
    const body = { event_id: trial.token, event_type: 'form_response', form_response: trial };
    expect(statuses(await send('trial', 'typeform', body))).toEqual([202, 'test']);
    expect(await intake.rows(`SELECT * FROM leads WHERE source_id = 'trial'`)).toEqual([]);
    expect(statuses(await send('trial', 'typeform', { ...body, event_id: 'another' }))).toEqual([202, 'received']);
  });
});

describe('what nobody here can read', () => {
  beforeAll(() => setUp('strange', 'mautic'));
  const strange = (text: string) => ({ 'mautic.something_new': [{ name: text }] });

  it('is answered, counted, and set aside where nobody can read it without the key', async () => {
    const secret = 'Mrs Nobody, nobody@strange.example';
    expect(statuses(await send('strange', 'mautic', strange(secret)))).toEqual([202, 'unknown']);
    expect(
      await intake.rows(`SELECT type, bytes IS NOT NULL AS kept FROM set_aside WHERE source_id = 'strange'`),
    ).toEqual([{ type: 'mautic.something_new', kept: true }]);
    const dump = await intake.dump();
    for (const form of ['utf8', 'hex', 'base64'] as const)
      expect(dump).not.toContain(Buffer.from('Mrs Nobody').toString(form));
    expect(intake.everything().toString()).not.toContain('Mrs Nobody');
    const { text } = await intake.call('/metrics');
    expect(text).toMatch(/fairlead_source_arrivals_total\{format="mautic",status="unknown"[^}]*\} [1-9]/);
  });

  it('is an event about something else, at a source of CloudEvents', async () => {
    await setUp('any-events', 'cloudevents');
    const own = { authorization: `Bearer ${await intake.keyOf('source', { source: 'any-events' })}` };
    const event = (id: string, data: object) => ({
      ...{ specversion: '1.0', id, source: '/shop', type: 'com.example.order.shipped', data },
    });
    const batch = { type: 'application/cloudevents-batch+json', headers: own };
    const events = [event('1', { orderId: 17, total: 3 }), event('2', { email: 'buyer@shop.example' })];
    expect(statuses(await send('any-events', 'cloudevents', events, batch))).toEqual([202, 'unknown', 'received']);
    expect(
      await intake.rows(`SELECT type, bytes IS NOT NULL AS kept FROM set_aside WHERE source_id = 'any-events'`),
    ).toEqual([{ type: 'com.example.order.shipped', kept: true }]);
    // What is sent as a lead is judged as one.
    const asLead = { type: 'application/cloudevents+json', body: JSON.stringify(events[0]) };
    expect((await intake.call('/v1/leads?source=any-events', asLead)).status).toBe(422);
  });

  it('is kept as far as there is room, and without its bytes when it is large', async () => {
    await setUp('crowded', 'mautic');
    await intake.rows(`INSERT INTO set_aside (source_id, hash, type) SELECT 'crowded', decode(lpad(to_hex(n), 8, '0'), 'hex'), 'x'
      FROM generate_series(1, 998) n; SELECT 1`);
    const sent = [strange('x'.repeat(70_000)), strange('the last one'), strange('one too many')];
    for (const each of sent) expect(statuses(await send('crowded', 'mautic', each))).toEqual([202, 'unknown']);
    const kept = await intake.rows<{ bytes: Buffer | null }>(`SELECT bytes FROM set_aside WHERE source_id = 'crowded'`);
    expect(kept).toHaveLength(1_000);
    expect(kept.filter(({ bytes }) => bytes !== null)).toHaveLength(1);
  });
});

/** Requests as the conformance tests of CloudEvents write them; none where they do not lie beside the checkout. */
function conformanceRequests(): { type: string; headers: Record<string, string>; body: string }[] {
  const file = new URL('../../../../shared/vectors/cloudevents_http-protocol-binding.feature', import.meta.url);
  if (!existsSync(file)) return [];
  const feature = readFileSync(file, 'utf8');
  return feature
    .split('Scenario Outline')
    .slice(1)
    .flatMap((outline) => {
      const request = /an HTTP request\s+"""\n([\s\S]*?)"""/.exec(outline)?.[1] ?? '';
      const types = [...outline.matchAll(/^\s*\| (application\/\S+(?:; charset=utf-8)?)\s*\|/gm)].map(
        ([, type]) => type as string,
      );
      const [head = '', body = ''] = request.split(/\n\s*\n/, 2);
      const lines = head.split('\n').map((line) => line.trim());
      const headers = lines
        .filter((line) => line.startsWith('ce-'))
        .map((line) => line.split(': ', 2) as [string, string]);
      return types.map((type) => ({ type, headers: Object.fromEntries(headers), body }));
    });
}

describe('CloudEvents as their conformance tests write them', () => {
  const requests = conformanceRequests();
  (requests.length > 0 ? it : it.skip)('are read in both modes, with and without a character set', async () => {
    await setUp('conforming', 'cloudevents');
    const own = { authorization: `Bearer ${await intake.keyOf('source', { source: 'conforming' })}` };
    expect(requests.map(({ type }) => type)).toContain('application/cloudevents+json; charset=utf-8');
    for (const { type, headers, body } of requests) {
      const answer = await send('conforming', 'cloudevents', body, { type, headers: { ...headers, ...own } });
      expect([type, ...statuses(answer)]).toEqual([type, 202, 'received']);
      const [received] = await intake.said([answer.body.results?.[0]?.id ?? ''], 1);
      expect(received).toMatchObject({
        data: { externalId: '1234-1234-1234', occurredAt: Date.UTC(2018, 3, 5, 3, 56, 24) },
      });
    }
  });
});
