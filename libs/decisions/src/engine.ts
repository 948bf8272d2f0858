// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '43866da72ec137e9ddf12fbea358629ad75b0d710b9b3c4fcebc4ac2801f0b07';
