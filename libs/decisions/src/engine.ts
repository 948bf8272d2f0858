// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'f389989783631ad1ac387e92f7e27389bddd15a1c88f67daeed83f7022fe161e';
