// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '854830241bb8ee42d1f1f6b01c61de7755713f4773d3ea42b7fbeea7dc7b9de4';
