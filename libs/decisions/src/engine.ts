// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '210853bcef28f44aa31958d7be33a4dc3f53e9ed33d531e300f6a74673f4cb4c';
