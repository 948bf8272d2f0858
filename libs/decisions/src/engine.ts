// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '3e2bf9bf5e4b0da6af63090832496af6b623fcf5e9d6d869db22c1b281f4bc4e';
