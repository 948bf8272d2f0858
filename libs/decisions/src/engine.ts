// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '3eefe026e32fe8c1ce25812bbfc789c86d9b7166c52f56285c2b061cae14671b';
