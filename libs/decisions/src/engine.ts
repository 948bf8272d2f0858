// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '31a938517fdee40c15e2172779b869c38380737f16148eb19b348f75c001897d';
