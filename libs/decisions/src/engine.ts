// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'c3ac952355ecc8a942147a86eead830a4e2d37ca4af4cd563bf2b4e1b6f2281b';
