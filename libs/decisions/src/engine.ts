// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '598afe91d180a2405d5847e5623df74d9f200e5038bc19363f9bd19a28683133';
