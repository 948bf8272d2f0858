// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'ea67845e2831d9f0cf489897b57d6cbb94c1046275014ac163a32061e17aec26';
