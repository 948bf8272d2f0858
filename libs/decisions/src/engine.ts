// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '2143cabf692c5db5a410b047249952149e06e8cc204be899904d7f13202474a7';
