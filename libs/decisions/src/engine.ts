// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'fce02969b1fe200f830e32bf2b6ce9008ac562929bbb29fd825c4b9d078b7587';
