// Of `node:crypto` what verification needs. `crypto.subtle` would be quicker, but is missing where the page came by plain HTTP, as on a LAN,
// and in files; and it is asynchronous, which would be another code than the one that runs everywhere else.
import { hashes, verify as verifyEd25519 } from '@noble/ed25519';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { Buffer } from 'buffer';

hashes.sha512 = sha512;

export function hash(algorithm: string, data: Uint8Array, encoding: 'binary' | 'buffer'): string | Buffer {
  if (algorithm !== 'sha256') throw new Error(`no ${algorithm} here`);
  const digest = Buffer.from(sha256(data));
  return encoding === 'binary' ? digest.toString('latin1') : digest;
}

export interface KeyObject {
  readonly asymmetricKeyType: 'ed25519';
  export(options: unknown): Buffer;
}

/** RFC 8410 §4: what SubjectPublicKeyInfo says before the 32 bytes of an Ed25519 key. */
const SPKI_BYTES = 12;

export function createPublicKey({ key }: { readonly key: Buffer }): KeyObject {
  return { asymmetricKeyType: 'ed25519', export: () => key };
}

export function verify(_algorithm: null, message: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  try {
    // As Node does it: strictly by RFC 8032.
    return verifyEd25519(signature, message, key.export({}).subarray(SPKI_BYTES), { zip215: false });
  } catch {
    return false;
  }
}

/** Nobody signs here. */
function never(): never {
  throw new Error('a browser holds no key to sign with');
}

export const [createPrivateKey, generateKeyPairSync, sign] = [never, never, never];
