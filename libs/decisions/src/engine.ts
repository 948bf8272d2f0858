// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = 'ab1dd54f06b004e447b905e3e86204a68d9e4a73b069ccf8c576bf6bcc0a6df1';
