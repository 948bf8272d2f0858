import type { Consent, Facts, Reachable } from '@fairlead/events';
import { leadFields } from './lead-input.js';

/** What of a lead tells whether it is complete. */
export interface Completeness {
  readonly facts: Facts;
  readonly reachable: Reachable;
  readonly consent?: Consent;
  /** Only whether they are there is looked at. */
  readonly contact: { readonly firstName?: string; readonly lastName?: string; readonly message?: string };
}

/** What a pool may need: our fields, `contact` for an email or a phone, and free values. */
export function isNeed(field: string): boolean {
  return field === 'contact' || leadFields.has(field) || /^(?:engagement|attributes)\..{1,64}$/su.test(field);
}

/**
 * What a pool needs and a lead lacks, in the pool's order.
 * @param needs  each an `isNeed`
 */
export function missingFields(lead: Completeness, needs: readonly string[]): string[] {
  return needs.filter((field) => !has(lead, field));
}

function has({ facts, reachable, consent, contact }: Completeness, field: string): boolean {
  switch (field) {
    case 'contact':
      return reachable.email || reachable.phone;
    case 'email':
    case 'phone':
      return reachable[field];
    case 'firstName':
    case 'lastName':
    case 'message':
      return contact[field] !== undefined;
    case 'domain':
      return facts.companyDomain !== undefined;
    case 'consent':
      return consent?.given ?? false;
    case 'externalId':
    case 'source':
    case 'occurredAt':
      return true; // never what a partner waits for
    default:
      return hasFact(facts, field);
  }
}

function hasFact(facts: Facts, field: string): boolean {
  const [, group, name] = /^(engagement|attributes)\.(.+)$/su.exec(field) ?? [];
  if (group === undefined || name === undefined) return Object.hasOwn(facts, field);
  return Object.hasOwn(facts[group as 'engagement' | 'attributes'], name);
}
