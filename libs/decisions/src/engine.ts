// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'd0ca0b32126d32e1465df6721486725895e30c0bd659fab265c4bb385fcd1a3c';
