/**
 * Divides leads into parts that have about as many won ones each, always in the same way.
 * @param seed  another one divides otherwise
 * @returns for each lead, its part from 0
 */
export function foldsOf(won: readonly (boolean | number)[] | Uint8Array, parts: number, seed: number): Uint8Array {
  const folds = new Uint8Array(won.length);
  const next = numbersFrom(seed);
  for (const kind of [true, false]) {
    const leads = [...won.keys()].filter((lead) => Boolean(won[lead]) === kind);
    // Fisher and Yates's shuffle.
    for (let at = leads.length - 1; at > 0; at--) {
      const other = Math.floor(next() * (at + 1));
      [leads[at], leads[other]] = [leads[other] as number, leads[at] as number];
    }
    leads.forEach((lead, place) => (folds[lead] = place % parts));
  }
  return folds;
}

/** Mulberry32 (Tommy Ettinger, 2017): the same numbers from 0 to 1 for the same seed. */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
