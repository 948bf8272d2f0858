// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '048826d79982c8b4a5014126c0650f06f53fb4bde87610356e386c7b8f8f490b';
