// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '7573f662168974ee9a1145c1ca7ae51f99055e8f7f37bcb1e82bd03719f868af';
