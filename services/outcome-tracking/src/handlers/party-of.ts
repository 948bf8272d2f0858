import type { Caller } from '@fairlead/platform';

/** A manager answers for direct: the vendor's own people are a party like any other. */
export function partyOf({ role, partnerId }: Caller): string {
  return role === 'partner' ? (partnerId ?? '') : 'direct';
}
