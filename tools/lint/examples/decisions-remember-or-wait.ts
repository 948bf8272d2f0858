// at libs/decisions/src/index.ts

let turn = 0; // ✗ no-restricted-syntax
export let last = ''; // ✗ no-restricted-syntax

export function next(parties: readonly string[]) {
  turn += 1;
  last = parties[turn % parties.length] ?? '';
  return last;
}

// ✗ no-restricted-syntax below
export async function decide(party: Promise<string>) {
  return await party; // ✗ no-restricted-syntax
}

export const here = import.meta.url; // ✗ no-restricted-syntax
