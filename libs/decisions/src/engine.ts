// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '832c60843c358869390f02116b0fb8bb33e98a4ef47111982a484722fd9ec4de';
