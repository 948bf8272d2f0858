// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'c1afabc28a4459e4b6f8644d2fe7bed9cd4061541da46db3bd45e1ac4a1de3e5';
