import { hash } from 'node:crypto';

/** Bytes of a SHA-256. */
export const HASH_BYTES = 32;
/** What fits into the two bytes that an entry's length is written in. */
export const MAX_ENTRY_BYTES = 65_535;

const leafInput = Buffer.alloc(1 + MAX_ENTRY_BYTES);
const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/**
 * RFC 6962 §2.1: SHA-256(0x00 ‖ entry), 32 bytes.
 * @throws RangeError for an entry of more than 65,535 bytes
 */
export function leafHash(entry: Uint8Array): Buffer {
  const into = Buffer.allocUnsafe(HASH_BYTES);
  writeLeafHash(entry, into, 0);
  return into;
}

/** RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right), 32 bytes. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  const into = Buffer.allocUnsafe(HASH_BYTES);
  digest(nodeInput, into, 0);
  return into;
}

/** The root of the tree that has no entry: the hash of nothing. */
export function emptyRoot(): Buffer {
  return hash('sha256', Buffer.alloc(0), 'buffer');
}

/** `leafHash`, written into a buffer that is there already. */
export function writeLeafHash(entry: Uint8Array, into: Buffer, at: number): void {
  if (entry.length > MAX_ENTRY_BYTES)
    throw new RangeError(`an entry of ${entry.length} bytes: at most ${MAX_ENTRY_BYTES}`);
  leafInput.set(entry, 1);
  digest(leafInput.subarray(0, 1 + entry.length), into, at);
}

/** `nodeHash` of two hashes that lie one after the other at `from`, written into the same buffer. */
export function writeNodeHash(hashes: Buffer, from: number, at: number): void {
  hashes.copy(nodeInput, 1, from, from + 2 * HASH_BYTES);
  digest(nodeInput, hashes, at);
}

/** By way of a string of bytes, which Node makes several times faster than a buffer: a million entries are two million hashes. */
function digest(input: Uint8Array, into: Buffer, at: number): void {
  into.write(hash('sha256', input, 'binary'), at, HASH_BYTES, 'binary');
}
