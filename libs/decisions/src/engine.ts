// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'd90479d908e416c03a065520ca8605f68c061a5ae739e7114e4785f85e879fcd';
