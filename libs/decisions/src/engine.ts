// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'c1c593344c34ba31e8e8bf4bdcd59a14817a59b97930b60850aef708b2edf981';
