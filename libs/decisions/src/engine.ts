// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '96bccbe4335083b9304c1801f35cbfb1210c4a248915b2fcac53d970a225c39b';
