import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * `flk_<id>_<secret>`: the id finds the row without a search by secret, the prefix lets secret scanners recognise a
 * leaked key. 256 random bits need neither salt nor a slow hash. A browser's session (`fls_`) and the link that opens one
 * (`fll_`) are made alike.
 */
const FORMAT = /^fl([ksl])_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

export type KeyKind = 'key' | 'session' | 'link';

const LETTER: Readonly<Record<KeyKind, string>> = { key: 'k', session: 's', link: 'l' };

/** The id of every key that is not of our own making, which only the operator's FAIRLEAD_ADMIN_KEY can be. */
const OPERATOR = 'operator';

/** The id of a key; a list that begins before the first one, begins after none. */
export const KEY_ID = /^(?:[0-9a-f]{16}|operator)?$/;

export function newKey(kind: KeyKind = 'key'): { id: string; key: string; hash: Buffer } {
  const id = randomBytes(8).toString('hex');
  const key = `fl${LETTER[kind]}_${id}_${randomBytes(32).toString('base64url')}`;
  return { id, key, hash: hashOf(key) };
}

/** Whatever is not of our own making can only be a key. */
export function kindOf(key: string): KeyKind {
  const letter = FORMAT.exec(key)?.[1];
  return letter === 's' ? 'session' : letter === 'l' ? 'link' : 'key';
}

export function idOf(key: string): string {
  return FORMAT.exec(key)?.[2] ?? OPERATOR;
}

/** 256 random bits, which nobody guesses, however often. */
export function isOfOurMaking(key: string): boolean {
  return FORMAT.test(key);
}

export function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

export function sameHash(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
