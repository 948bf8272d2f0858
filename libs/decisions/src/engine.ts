// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '9ff8ba484423d78ce7f0a6fc31c069129df2a6b94c74c134a3b65040b8c68ed9';
