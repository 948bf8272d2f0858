// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'e59154e3a2ded8629b195dec911e3a55b315626fa8e6a60db13054b147e86003';
