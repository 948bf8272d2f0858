// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '0e8bac756aaba98b69d0483ee9fdcba0b64528d6807c454351edddb2e555b0b8';
