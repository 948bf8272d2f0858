// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'f8839ddd145e1113497e1c67add1ee9333ba202d8351d426ceb349cd699a1e7d';
