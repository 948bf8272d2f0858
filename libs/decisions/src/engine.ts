// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '011a57330dac70b83b8a580f4190fc95949a18bc164913db72759def3247c4af';
