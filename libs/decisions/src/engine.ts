// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '833724f3a3b11c9bcfaffbe60b138464a63448b28b5a28793306adcb31752115';
