// at libs/platform/src/index.ts

// ✗ fairlead/explained-exceptions
// eslint-disable-next-line no-console
console.log('why?');

// ✗ fairlead/explained-exceptions
// eslint-disable-next-line
console.log('and what?');

// eslint-disable-next-line no-console -- the reason stands beside it, so this one is right
console.log('because');

// ✗ @typescript-eslint/ban-ts-comment below
// @ts-expect-error
export const wrong: string = 1;

// eslint-disable-next-line eqeqeq -- there is nothing to switch off ✗ error
export const unused = 1;

// TODO: some day ✗ no-warning-comments
