// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '8d004cbeda49f4af0187bdb9eb4299bc6612d26e53590f747e25bec32e1d41d8';
