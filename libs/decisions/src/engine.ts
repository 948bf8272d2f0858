// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '0bb8fc9d5a7881b968a0d20917a152cc96656290941f6537196525ce781f671c';
