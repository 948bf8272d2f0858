import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

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

/**
 * The `webhook-signature` header of Standard Webhooks: one `v1` signature per secret, so that a receiver which knows any
 * one of them can verify.
 * @param timestamp seconds since the epoch, as sent in `webhook-timestamp`
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function sign(secrets: readonly KeyObject[], id: string, timestamp: number, body: Buffer): string {
  const prefix = `${id}.${timestamp}.`;
  let header = '';
  for (const secret of secrets) {
    if (header !== '') header += ' ';
    header += `v1,${createHmac('sha256', secret).update(prefix).update(body).digest('base64')}`;
  }
  return header;
}
