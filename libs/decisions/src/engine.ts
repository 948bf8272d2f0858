// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '1324e942dcfc9a2f849fd15ed208b164567b6b9b5031f556c2fd3bb583d90206';
