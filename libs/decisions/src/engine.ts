// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'a44f093c30cf1239e99a2fbca095829b644292e5533f97eb9c1d66d61aca65bd';
