// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '92ab1cc741c320fabe3b046fed84473ad1225726d61d3aad28eb842409743ff8';
