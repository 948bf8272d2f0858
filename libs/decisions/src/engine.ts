// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'ce74b411c4f01962e7c52a64ec701c03b02cecf0c55da0933418fbcca249217b';
