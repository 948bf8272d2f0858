// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '5b84e9d073f2a0bf974a6ae6ec4dc50a57ec64026e8f538929cf57d7afa57201';
