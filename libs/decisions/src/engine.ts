// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'bf377ec5dc3dfc0d15dcc5c066214a283888987c0ad76b2bb21b19b437aa02dc';
