// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '51bc612fffa4909e461fddbb4adb0c1b152347c2771ab644e761046728779cf0';
