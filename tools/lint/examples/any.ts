// at libs/platform/src/index.ts

export const parsed = (body: any): string => body.name; // ✗ @typescript-eslint/no-explicit-any @typescript-eslint/no-unsafe-return @typescript-eslint/no-unsafe-member-access
