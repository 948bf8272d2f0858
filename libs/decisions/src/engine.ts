// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '9aa9993a593305fd255f1c232329fcfdfd4f21747aa9c2f1047341f7cb3f5938';
