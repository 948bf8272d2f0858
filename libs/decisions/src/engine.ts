// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '6ce72abc269a8faadd775a724e7f952a5176ac3a57446c86c0e5553f5bd847a3';
