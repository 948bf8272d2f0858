// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '9ee7fbd845117946c48fc2e3bf820b15a0a32a7acaf9f4cb9ae716e194bc8cd4';
