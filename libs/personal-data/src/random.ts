import { randomFillSync } from 'node:crypto';

/** Enough for the keys and nonces of seventy leads; to ask for few bytes takes as long as to ask for all of these. */
const POOL_BYTES = 4_096;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/** Random bytes for keys and nonces, each handed out once: what was taken from the pool is wiped there. */
export function randomOnce(bytes: number): Buffer {
  if (bytes > POOL_BYTES) throw new RangeError(`at most ${POOL_BYTES} bytes at once`);
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const taken = pool.subarray(used, used + bytes);
  used += bytes;
  const copy = Buffer.from(taken);
  taken.fill(0);
  return copy;
}
