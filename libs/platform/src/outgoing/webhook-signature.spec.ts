import { createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { newSecret, newSigningKey, parseSecret, parseSigningKey, sign } from './webhook-signature.js';

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

/** As a receiver does who has the public key and the specification, and no library of ours. */
function verifies(publicKey: string, signature: string, id: string, timestamp: number, bytes: Buffer): boolean {
  const x = Buffer.from(publicKey.replace(/^whpk_/, ''), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), bytes]);
  return verify(null, signed, key, Buffer.from(signature.replace(/^v1a,/, ''), 'base64'));
}

describe('signing a webhook with a key of which the receiver has only the public half', () => {
  const [pair, secret] = [newSigningKey(), newSecret()];

  it('stands beside the HMAC: whoever knows one of both can verify', () => {
    const header = sign([parseSecret(secret), parseSigningKey(pair.secret)], 'a1', NOW, body);
    expect(header).toMatch(/^v1,[^ ]+ v1a,[^ ]+$/);
    new Webhook(secret).verify(body, headers(header));
    const [, asymmetric = ''] = header.split(' ');
    expect(verifies(pair.publicKey, asymmetric, 'a1', NOW, body)).toBe(true);
    expect(verifies(pair.publicKey, asymmetric, 'a2', NOW, body)).toBe(false);
    expect(verifies(newSigningKey().publicKey, asymmetric, 'a1', NOW, body)).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['a secret', secret],
    ['the public half', pair.publicKey],
    ['half of it', `whsk_${Buffer.alloc(32, 1).toString('base64')}`],
    ['two halves of different keys', `whsk_${Buffer.alloc(64, 1).toString('base64')}`],
  ])('refuses %s as a key', (_, key) => {
    expect(() => parseSigningKey(key)).toThrow(/^not a signing key/);
  });
});

interface Vector {
  readonly public?: string;
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

  it('signs as published with Ed25519', () => {
    const cases = of('sign_ed25519');
    expect(cases.length).toBeGreaterThanOrEqual(vectors.length > 0 ? 1 : 0);
    for (const { secret, id, timestamp, body: text, signature, public: publicKey = '' } of cases) {
      expect(sign([parseSigningKey(secret)], id, timestamp, Buffer.from(text))).toBe(signature);
      expect(verifies(publicKey, signature, id, timestamp, Buffer.from(text))).toBe(true);
    }
  });

  it('refuses the secrets that others refuse', () => {
    const refused = [...of('bad_secret'), ...of('endpoint_secret_rejected')];
    expect(refused.length).toBeGreaterThanOrEqual(vectors.length > 0 ? 5 : 0);
    for (const { secret } of refused) expect(() => parseSecret(secret)).toThrow(RangeError);
  });
});
