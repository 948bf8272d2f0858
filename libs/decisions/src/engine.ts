// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '1dd3aea1faeae53a112d7b9e6f5b24161d81a1ad094dace24d21807ef25673a4';
