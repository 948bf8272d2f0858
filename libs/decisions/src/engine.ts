// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '5e426428e907160d65c73fdf1528656c4558b6a4ef28aac19ac3642419ab83a5';
