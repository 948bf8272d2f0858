// at libs/decisions/src/index.ts

export function weight(tier: 'gold' | 'silver' | 'registered'): number {
  // ✗ @typescript-eslint/switch-exhaustiveness-check below
  switch (tier) {
    case 'gold':
      return 3;
    case 'silver':
      return 2;
  }
  return 0;
}
