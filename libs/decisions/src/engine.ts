// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '5d41e68025eeb8abe3cfd731e175e58f4af4288c69994c1c4fff7a2c0204a8e5';
