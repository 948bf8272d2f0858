// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '4edefe821870b064e333993d7cf29bd2cc2e5f0d7eeb97c6c70c911b8a5fef5e';
