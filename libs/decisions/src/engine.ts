// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '22beb859c3436a8632c1ec4868ad3748822e2f8c91558d1edf9f529c5057db4a';
