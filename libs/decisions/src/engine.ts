// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '50ce73b13edb4f776f27e76d657ddd260cf3b3dbfe10b37c90f66d8ceaac3f1e';
