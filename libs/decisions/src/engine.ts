// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '9ace71456a4cb98b706abc4762874310764bfea5ee1bc3618d226a6c553dd2d0';
