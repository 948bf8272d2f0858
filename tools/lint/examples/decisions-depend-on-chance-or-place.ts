// at libs/decisions/src/index.ts

export const winner = (parties: readonly string[]) => parties[Math.floor(Math.random() * parties.length)]; // ✗ no-restricted-properties
export const probability = (z: number) => 1 / (1 + Math.exp(-z)); // ✗ no-restricted-properties
export const byName = (a: string, b: string) => a.localeCompare(b); // ✗ no-restricted-properties
export const folded = (name: string) => name.toLocaleLowerCase(); // ✗ no-restricted-properties
export const ordered = (shares: number[]) => shares.sort(); // ✗ @typescript-eslint/require-array-sort-compare
