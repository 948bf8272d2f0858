import { type BinaryToTextEncoding, createHmac, timingSafeEqual } from 'node:crypto';
import type { Verdict } from './source-format.js';

export function hmacSha256(
  secret: string,
  encoding: BinaryToTextEncoding,
  ...parts: readonly (string | Buffer)[]
): string {
  const hmac = createHmac('sha256', secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest(encoding);
}

/**
 * Compared as written, and not as decoded: base64 has several spellings for the same bytes. How long it takes tells nothing
 * but the length, which everybody knows.
 */
export function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Whether one of the secrets signed it. Without a secret nothing is verified: an HMAC with an empty one could be made by
 * anybody.
 */
export function signedByOneOf(
  secrets: readonly string[],
  given: string | string[] | undefined,
  signatureOf: (secret: string) => string,
): Verdict {
  if (typeof given !== 'string') return 'refused';
  // No early end: which of the two it was is nobody's business.
  const matches = secrets.filter((secret) => secret !== '' && isSame(given, signatureOf(secret)));
  return matches.length > 0 ? 'verified' : 'refused';
}
