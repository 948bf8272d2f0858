// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'bc5ae24c3dc5f7eaa9422d6bcea270d4d05dc7dbe39febc4b826bd04b1b17159';
