// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'bc3bc1dd8e16802890331f4eea03c1912fd1bb3bbd769c0805598a24de8da921';
