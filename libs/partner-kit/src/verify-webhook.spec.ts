import { createHmac, generateKeyPairSync, sign as signWith } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { verifyWebhook, type WebhookHeaders, WebhookRefused } from './verify-webhook.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ANOTHER = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const NOW = 1_767_225_600_000;
const event = {
  ...{ specversion: '1.0', id: 'e1', source: '/routing', type: 'lead.routed', subject: 'l1' },
  data: { party: 'acme', lead: { id: 'l1', facts: { company: 'Größe & Söhne' } } },
};
const body = Buffer.from(JSON.stringify(event));

function hmac(secret: string, id: string, timestamp: number, bytes: Uint8Array): string {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(bytes).digest('base64')}`;
}

function signed({ secret = SECRET, id = 'w1', at = NOW / 1_000, bytes = body } = {}) {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': hmac(secret, id, at, bytes),
  };
}

function ed25519() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const signature = signWith(null, Buffer.concat([Buffer.from(`w1.${NOW / 1_000}.`), body]), privateKey);
  return { key: `whpk_${raw.toString('base64')}`, signature: `v1a,${signature.toString('base64')}` };
}

const whyRefused = (
  headers: WebhookHeaders,
  { keys = SECRET, bytes = body, now = NOW }: { keys?: string | string[]; bytes?: Buffer; now?: number } = {},
) =>
  verifyWebhook(keys, headers, bytes, { now }).then(
    () => 'accepted',
    (error: unknown) => (error instanceof WebhookRefused ? error.why : Promise.reject(error as Error)),
  );

describe('a webhook', () => {
  it('that Fairlead signed is the event that it carries, from headers of fetch and of node:http alike', async () => {
    expect(await verifyWebhook(SECRET, signed(), body, { now: NOW })).toEqual(event);
    expect(await verifyWebhook(SECRET, new Headers(signed()), body, { now: NOW })).toEqual(event);
    expect(await verifyWebhook(SECRET, { 'Webhook-Id': ['w1'], ...rest(signed()) }, body, { now: NOW })).toEqual(event);
    expect(await verifyWebhook(SECRET, signed(), body.toString(), { now: NOW })).toEqual(event);
  });

  it('is accepted with the old and the new secret while both sign, wherever in the header its signature stands', async () => {
    const both = {
      ...signed(),
      'webhook-signature': `v2,${'A'.repeat(44)} v1,short ${signed({ secret: ANOTHER })['webhook-signature']} ${signed()['webhook-signature']}`,
    };
    for (const keys of [SECRET, ANOTHER, [ANOTHER, SECRET]]) expect(await whyRefused(both, { keys })).toBe('accepted');
  });

  it('is verified with a public key as well, and each kind of signature only by its own kind of key', async () => {
    const { key, signature } = ed25519();
    const asymmetric = { ...signed(), 'webhook-signature': signature };
    expect(await whyRefused(asymmetric, { keys: key })).toBe('accepted');
    expect(await whyRefused(asymmetric, { keys: [SECRET, key] })).toBe('accepted');
    expect(await whyRefused(asymmetric, { keys: ed25519().key })).toBe('no-matching-signature');
    expect(await whyRefused(asymmetric, { keys: SECRET })).toBe('no-matching-signature');
    const relabelled = { ...signed(), 'webhook-signature': signed()['webhook-signature'].replace('v1,', 'v1a,') };
    expect(await whyRefused(relabelled, { keys: [SECRET, key] })).toBe('no-matching-signature');
    // The public key is known to everybody: whoever signs with it by HMAC has proven nothing.
    const confused = signed({ secret: key.replace('whpk_', 'whsec_') });
    expect(await whyRefused(confused, { keys: key })).toBe('no-matching-signature');
  });

  it('is refused when one byte of body, id or time is another', async () => {
    expect(await whyRefused(signed(), { bytes: Buffer.from(body.toString().replace('acme', 'acne')) })).toBe(
      'no-matching-signature',
    );
    expect(await whyRefused({ ...signed(), 'webhook-id': 'w2' })).toBe('no-matching-signature');
    expect(await whyRefused({ ...signed(), 'webhook-timestamp': String(NOW / 1_000 + 1) })).toBe(
      'no-matching-signature',
    );
    expect(await whyRefused(signed({ secret: ANOTHER }))).toBe('no-matching-signature');
  });

  it('is refused when it is older than five minutes, or from more than five minutes ahead', async () => {
    expect(await whyRefused(signed(), { now: NOW + 300_000 })).toBe('accepted');
    expect(await whyRefused(signed(), { now: NOW - 300_000 })).toBe('accepted');
    expect(await whyRefused(signed(), { now: NOW + 301_000 })).toBe('too-old');
    expect(await whyRefused(signed(), { now: NOW - 301_000 })).toBe('too-new');
  });

  it.each([
    ['without an id', { 'webhook-id': undefined }, 'missing-header'],
    ['without a time', { 'webhook-timestamp': undefined }, 'missing-header'],
    ['without a signature', { 'webhook-signature': '' }, 'missing-header'],
    ['with two ids', { 'webhook-id': ['w1', 'w2'] }, 'malformed-header'],
    ['with an id that could be shifted into the time', { 'webhook-id': 'w.1' }, 'malformed-header'],
    ['with a time that is none', { 'webhook-timestamp': '1767225600.5' }, 'malformed-header'],
    ['with more signatures than anybody sends', { 'webhook-signature': 'v1,AAAA '.repeat(1_000) }, 'malformed-header'],
    ['with a signature that is cut off', { 'webhook-signature': 'v1,' }, 'no-matching-signature'],
    ['with a signature that is no base64', { 'webhook-signature': 'v1,ä!' }, 'no-matching-signature'],
  ])('%s is refused', async (_, headers, why) => {
    expect(await whyRefused({ ...signed(), ...headers })).toBe(why);
  });

  it.each(['', '[]', '{"type":"lead.routed"}', '{"id":"1","type":"lead.routed","subject":"l1","data":null}', '\xff'])(
    'with the body %j is none of Fairlead, whoever signed it',
    async (text) => {
      const bytes = Buffer.from(text, 'latin1');
      expect(await whyRefused(signed({ bytes }), { bytes })).toBe('not-an-event');
    },
  );

  it('cannot be verified by what was parsed, and says so', async () => {
    await expect(verifyWebhook(SECRET, signed(), event as never, { now: NOW })).rejects.toThrow(/give the raw body/);
  });

  it.each([
    ['', /not a webhook secret/],
    ['whsec_', /not a webhook secret/],
    ['whsec_c2hvcnQ=', /24 to 64 bytes/],
    ['hwsec_C2FVsBQIhrscChlQIM+b5sSYspob7oDazfgh', /not a webhook secret/],
    ['whpk_c2hvcnQ=', /not a public key/],
    ['whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==', /private key/],
  ])('is not verified with the key %j, whose error does not repeat it', async (key, message) => {
    const error = await verifyWebhook(key, signed(), body).catch((caught: unknown) => caught as Error);
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(message);
    if (key.length > 8) expect((error as Error).message).not.toContain(key.slice(6));
    await expect(verifyWebhook([], signed(), body)).rejects.toThrow(RangeError);
  });
});

function rest({ 'webhook-id': _, ...others }: ReturnType<typeof signed>) {
  return others;
}

interface Vector {
  readonly kind: string;
  readonly name: string;
  readonly secret: string;
  readonly public: string;
  readonly id: string;
  readonly timestamp: number;
  readonly now: number;
  readonly body: string;
  readonly signature: string;
  readonly expect: boolean;
  readonly headers: Record<string, string>;
}

// Published vectors live outside the repository; where they are absent these tests say so as skipped.
const file = new URL('../../../../shared/vectors/standard_webhooks.json', import.meta.url);
const vectors = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { cases: Vector[] }).cases : [];

(vectors.length > 0 ? describe : describe.skip)('published vectors of Standard Webhooks', () => {
  const of = (...kinds: string[]) => vectors.filter(({ kind }) => kinds.includes(kind));
  // Their bodies are no events of ours: a signature that holds is told by what is complained of after it.
  const holds = async (keys: string, headers: Record<string, string>, bytes: string, now: number) =>
    (await whyRefused(headers, { keys, bytes: Buffer.from(bytes), now: now * 1_000 })) === 'not-an-event';

  it('are accepted and refused as published', async () => {
    const cases = of('verify');
    const outcomes = cases.map((each) => holds(each.secret, each.headers, each.body, each.now));
    expect(await Promise.all(outcomes)).toEqual(cases.map((each) => each.expect));
  });

  it('are what their signatures say, with secrets and with public keys', async () => {
    for (const { secret, public: key = secret, id, timestamp, signature, body: text } of of('sign', 'sign_ed25519')) {
      const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature };
      expect(await holds(key, headers, text, timestamp)).toBe(true);
      expect(await holds(key, headers, `${text} `, timestamp)).toBe(false);
    }
  });

  it('name secrets that are none', async () => {
    for (const { secret } of of('bad_secret', 'endpoint_secret_rejected'))
      await expect(verifyWebhook(secret, signed(), body)).rejects.toThrow(RangeError);
  });
});
