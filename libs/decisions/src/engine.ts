// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '5d8e2bc4ca350e5436010be72f85f437fa433f9f9b76ce82c1185fc59ecef744';
