// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'add8db237800e300e942ee91c63c86fd30573ae02f81cc38e0fff3e9c3de76e1';
