// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '40311d067d87a8f8369066da80b4b9bf19a4c7c61ad4e417a0157089610dc6d8';
