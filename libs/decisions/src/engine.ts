// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'c6297d53b038f21f6d8965188c85cacae53fb27bee6ba42014ad6e96a36c88eb';
