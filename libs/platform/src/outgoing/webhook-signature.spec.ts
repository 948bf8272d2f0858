import { existsSync, readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { newSecret, parseSecret, sign } from './webhook-signature.js';

const NOW = Math.floor(Date.now() / 1_000);
const body = Buffer.from('{"type":"lead.routed","data":{"company":"Größe & Söhne"}}');

function headers(signature: string) {
  return { 'webhook-id': 'a1', 'webhook-timestamp': String(NOW), 'webhook-signature': signature };
}

describe('signing a webhook', () => {
  it('makes what the official library accepts', () => {
    const secret = newSecret();
    const signature = sign([parseSecret(secret)], 'a1', NOW, body);
    expect(new Webhook(secret).verify(body, headers(signature))).toEqual(JSON.parse(body.toString()));
  });

  it('is accepted with the old and with the new secret while both sign', () => {
    const [before, after] = [newSecret(), newSecret()];
    const signature = sign([parseSecret(after), parseSecret(before)], 'a1', NOW, body);
    expect(signature.split(' ')).toHaveLength(2);
    for (const secret of [before, after]) new Webhook(secret).verify(body, headers(signature));
  });

  it('is refused with another secret, another id, another body', () => {
    const secret = newSecret();
    const signature = sign([parseSecret(secret)], 'a1', NOW, body);
    expect(() => new Webhook(newSecret()).verify(body, headers(signature))).toThrow();
    expect(() => new Webhook(secret).verify(body, { ...headers(signature), 'webhook-id': 'a2' })).toThrow();
    expect(() => new Webhook(secret).verify(Buffer.from('{}'), headers(signature))).toThrow();
  });

  it('makes secrets of 32 random bytes', () => {
    const secret = newSecret();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(newSecret()).not.toBe(secret);
  });

  it.each(['', 'whsec_', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!'])(
    'refuses %j as a secret without repeating it',
    (secret) => {
      expect(() => parseSecret(secret)).toThrow(/^not a webhook secret/);
    },
  );
});

interface Vector {
  readonly kind: string;
  readonly name: string;
  readonly secret: string;
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
  readonly signature: string;
}

// Published vectors live outside the repository; where they are absent these tests say so as skipped.
const file = new URL('../../../../../shared/vectors/standard_webhooks.json', import.meta.url);
const vectors = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { cases: Vector[] }).cases : [];

(vectors.length > 0 ? describe : describe.skip)('published vectors of Standard Webhooks', () => {
  const of = (kind: string) => vectors.filter((each) => each.kind === kind);

  it('signs as published', () => {
    expect(
      of('sign').map((each) => sign([parseSecret(each.secret)], each.id, each.timestamp, Buffer.from(each.body))),
    ).toEqual(of('sign').map(({ signature }) => signature));
  });

  it('refuses the secrets that others refuse', () => {
    const refused = [...of('bad_secret'), ...of('endpoint_secret_rejected')];
    expect(refused.length).toBeGreaterThanOrEqual(vectors.length > 0 ? 5 : 0);
    for (const { secret } of refused) expect(() => parseSecret(secret)).toThrow(RangeError);
  });
});
