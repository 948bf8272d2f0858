// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '3a8f72b3d23d1c3c1f0645846f50676832304936ef3dff697501269933810e28';
