// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '0fc15d9080474c551b0b93e7cb3a57a136a969c648a13157ea361165590d01e4';
