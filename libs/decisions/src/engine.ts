// Written by tools/engine-hash.mjs --write; see there what it is computed from.

/** Content hash of everything that decides: it goes into every decision. */
export const engine = '83568b05e69d0c68e96fb17028a3368731b04b9059b8032526e4b04f4550b588';
