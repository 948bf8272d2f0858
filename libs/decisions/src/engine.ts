// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '6b2e72cb6d24486d1fcc17b92a6508d98795bf14c3745736b288bb2ce9a83f0b';
