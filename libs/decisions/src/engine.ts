// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '143a0cbe57279efe35df74b2f2bedddb99bdbeaeecb94b7ff21a8eaffd9edbbc';
