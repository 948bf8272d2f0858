// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'c7554db728c491388f836fe94ad24da889778a6c69ddea669d7b867fab7da7b2';
