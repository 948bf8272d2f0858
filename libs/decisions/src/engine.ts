// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '33be57373613fd310979c22b1c6da3bc7082fc43905d15e96bf8514cf66dd0ef';
