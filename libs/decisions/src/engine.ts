// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'a11d7fee59bf547934c638ab03bb9bf2f3d7d8a956f6265ddded29f6e77a7a62';
