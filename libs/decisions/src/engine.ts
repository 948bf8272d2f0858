// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'c45f27f39fd1378a76555272573cd8c41b52c4bd009fac880625fcec42572bc3';
