// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '37e214bff07fe3df8589831073e96d510cf29be1f71bfdad54e5296ea8bba595';
