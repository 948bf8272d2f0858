// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'c583edd8d246972506cdb3c5ade81a5fdfa42896b59daefa5f93808ce686d49b';
