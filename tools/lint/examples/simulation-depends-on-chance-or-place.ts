// at services/cli/src/simulate/play.ts

export const luck = () => Math.random(); // ✗ no-restricted-properties
export const cooled = (hours: number) => Math.exp(-hours); // ✗ no-restricted-properties
export const begin = () => Date.now(); // ✗ no-restricted-globals
export const shown = (euros: number) => euros.toLocaleString(); // ✗ no-restricted-properties
