// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '93af71ae2c74291f6261d9aeb97ed08732a19073fb7b80018b6b5814f02e4722';
