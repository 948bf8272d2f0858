// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '985bf1c28965f2f850a8fb0c998cbb5c09fe6de84a9457afdaf5d369c5dc8c49';
