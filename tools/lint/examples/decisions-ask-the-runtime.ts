// at libs/decisions/src/index.ts

export const decidedAt = () => Date.now(); // ✗ no-restricted-globals
export const birthday = () => new Date(0); // ✗ no-restricted-globals
export const hidden = () => globalThis.Date.now(); // ✗ no-restricted-globals
export const region = () => process.env.REGION; // ✗ no-restricted-globals
export const price = (amount: number) => new Intl.NumberFormat().format(amount); // ✗ no-restricted-globals
export const elapsed = () => performance.now(); // ✗ no-restricted-globals
export const id = () => crypto.randomUUID(); // ✗ no-restricted-globals
export const later = (work: () => void) => setTimeout(work, 1); // ✗ no-restricted-globals
export const ask = () => fetch('https://example.com'); // ✗ no-restricted-globals
export const say = () => console.log('decided'); // ✗ no-console no-restricted-globals
