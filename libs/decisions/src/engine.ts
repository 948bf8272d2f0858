// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '3b5f29f2d01a4f16676abb0e5a21d799c6af57277f762a5c7a69209404e08191';
