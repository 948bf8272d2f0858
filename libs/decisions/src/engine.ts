// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '1321674fc491e70645732e6ec96df53d032513230420c9e27c49cb1531416216';
