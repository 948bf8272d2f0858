// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '15ff89c97f3722e1a717a7572c9cfee74872801b10fa43159bf376210ce92e6d';
