// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'f065a18e7a3e5a3c5130592c524d994513361dd8fa5ce667f8a5136b1e08ade3';
