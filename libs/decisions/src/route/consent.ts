import type { Consent, ConsentState } from '@fairlead/events';
import { DIRECT } from './party.js';
import type { Pool } from './policy.js';
import type { RoutableLead } from './route-lead.js';

// Whose details may go to whom. The rule, in the order in which it is asked:
// 1. Who refused goes to no partner, whatever the policy says.
// 2. Who agreed may go to anybody.
// 3. Of everybody else, of whom nobody knows, the pool says to whom: to direct alone (`channel` is where consent is needed, and the
//    default), to everybody (`nobody`), or to nobody at all (`everyone`). Where it is needed for everyone, who refused does not go to
//    direct either.

/** What a consent comes to for whoever decides. */
export function consentStateOf(consent: Pick<Consent, 'given'> | undefined): ConsentState {
  if (!consent) return 'unknown';
  return consent.given ? 'given' : 'refused';
}

/** Whether the person's details may go to that party from that pool, as far as their consent goes. */
export function consentAllows(
  { consent }: Pick<RoutableLead, 'consent'>,
  party: string,
  { consent: { neededFor } }: Pick<Pool, 'consent'>,
): boolean {
  if (consent === undefined || consent === 'given') return true;
  if (party === DIRECT) return neededFor !== 'everyone';
  return consent === 'unknown' && neededFor === 'nobody';
}

/** Whether consent lets partners have it. All of them are alike here. */
export function consentAllowsChannel(lead: Pick<RoutableLead, 'consent'>, pool: Pick<Pool, 'consent'>): boolean {
  return consentAllows(lead, 'a-partner', pool);
}
