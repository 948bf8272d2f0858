// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '31343c64882d971c709e541e4da88c2f63dedfc2bbfdce21aa378d4f1df7b800';
