// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '2781b47646e7840a38fede3e3b2f30699369454dd922981c7f44fb30b3350648';
