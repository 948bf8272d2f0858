// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '92a9aa38f66d1729662a19db8641c09102f76b30277a8ce7cdd11d5eab47cc7b';
