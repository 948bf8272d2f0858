import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign as signWith,
} from 'node:crypto';

const PREFIX = 'whsec_';
/** The bounds that Standard Webhooks sets: below, guessable; above, nothing is gained. */
const MIN_BYTES = 24;
const MAX_BYTES = 64;
/** As many as SHA-256 gives; a longer key would be hashed down to this anyway. */
const NEW_SECRET_BYTES = 32;

/** A new secret as it is shown to whoever receives webhooks: `whsec_` and base64. */
export function newSecret(): string {
  return PREFIX + randomBytes(NEW_SECRET_BYTES).toString('base64');
}

/** @throws RangeError when it is not a Standard Webhooks secret; the message never repeats it */
export function parseSecret(secret: string): KeyObject {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '';
  const bytes = Buffer.from(encoded, 'base64');
  // Buffer skips what is not base64; a secret that does not come back as it was is not one.
  if (bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, ''))
    throw new RangeError('not a webhook secret: whsec_ and base64 expected');
  if (bytes.length < MIN_BYTES || bytes.length > MAX_BYTES)
    throw new RangeError(`not a webhook secret: ${MIN_BYTES} to ${MAX_BYTES} bytes expected`);
  return createSecretKey(bytes);
}

const PRIVATE_PREFIX = 'whsk_';
const PUBLIC_PREFIX = 'whpk_';
/** Of an Ed25519 key: the seed, and the public key that follows from it. */
const HALF_KEY_BYTES = 32;

/** A pair of Ed25519 keys as Standard Webhooks writes them. */
export interface SigningKey {
  /** `whsk_` and base64: whoever has it signs in our name. */
  readonly secret: string;
  /** `whpk_` and base64: whoever has it can verify, and nothing else. */
  readonly publicKey: string;
}

export function newSigningKey(): SigningKey {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const [seed, publicKey] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
  return {
    secret: PRIVATE_PREFIX + Buffer.concat([seed, publicKey]).toString('base64'),
    publicKey: PUBLIC_PREFIX + publicKey.toString('base64'),
  };
}

/** @throws RangeError when it is not an Ed25519 key of Standard Webhooks; the message never repeats it */
export function parseSigningKey(secret: string): KeyObject {
  const encoded = secret.startsWith(PRIVATE_PREFIX) ? secret.slice(PRIVATE_PREFIX.length) : '';
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length !== 2 * HALF_KEY_BYTES)
    throw new RangeError('not a signing key: whsk_ and 64 bytes in base64 expected');
  const [d, x] = [bytes.subarray(0, HALF_KEY_BYTES), bytes.subarray(HALF_KEY_BYTES)];
  const key = createPrivateKey({
    key: { kty: 'OKP', crv: 'Ed25519', d: d.toString('base64url'), x: x.toString('base64url') },
    format: 'jwk',
  });
  // Signatures that no public key of ours verifies would be found out by the partner.
  if (createPublicKey(key).export({ format: 'jwk' }).x !== x.toString('base64url'))
    throw new RangeError('not a signing key: its halves do not belong together');
  return key;
}

/**
 * The `webhook-signature` header of Standard Webhooks: one signature per key, so that a receiver which knows any one of them
 * can verify: `v1` (HMAC-SHA256) of a secret, `v1a` of an Ed25519 key.
 * @param timestamp seconds since the epoch, as sent in `webhook-timestamp`
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function sign(keys: readonly KeyObject[], id: string, timestamp: number, body: Buffer): string {
  const prefix = `${id}.${timestamp}.`;
  let header = '';
  for (const key of keys) {
    if (header !== '') header += ' ';
    header +=
      key.type === 'secret'
        ? `v1,${createHmac('sha256', key).update(prefix).update(body).digest('base64')}`
        : `v1a,${signWith(null, Buffer.concat([Buffer.from(prefix), body]), key).toString('base64')}`;
  }
  return header;
}
