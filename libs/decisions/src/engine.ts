// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '7eb056301dda5824c08b05d47068be0c38df312d48208af568f9876d430cfbbb';
