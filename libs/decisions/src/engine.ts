// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '6e8946735ac57f0bcf1d12750cec39360f5311c2d4dbea3e20e148c6e8d9a0ca';
