import { comparableName, type NearReason, type NormalisedLead, probableAddress } from '@fairlead/decisions';
import type { PersonalData } from '@fairlead/personal-data';
import { hash } from 'node:crypto';
import type { HashedKey } from './rows.js';

/** By what a lead may be somebody who is known: base64 of something that cannot be read back. */
export interface NearKey {
  readonly why: NearReason;
  readonly key: string;
}

/** @param keys  by which the lead is found exactly */
export function nearKeysOf(
  { externalId, contact, facts }: NormalisedLead,
  keys: readonly HashedKey[],
  personalData: Pick<PersonalData, 'keyedHash'>,
): NearKey[] {
  const near: NearKey[] = [];
  const meant = contact.email === undefined ? undefined : probableAddress(contact.email);
  // The very hash by which a lead that has this address is found.
  if (meant !== undefined)
    near.push({ why: 'address', key: personalData.keyedHash('email', meant).toString('base64') });

  const phone = keys.find(({ kind }) => kind === 'phone');
  const { companyDomain: domain } = facts;
  const hasId = externalId !== undefined && domain !== undefined;
  const name = phone || hasId ? comparableName(contact) : undefined;
  if (name === undefined) return near;
  const nameKey = personalData.keyedHash('name', `comparable ${name}`).toString('base64');
  const together = (why: NearReason, what: string): NearKey => ({
    why,
    key: hash('sha256', `${why} ${what} ${nameKey}`, 'base64'),
  });
  if (phone) near.push(together('phone-and-name', phone.key.toString('base64')));
  if (hasId) near.push(together('id-domain-and-name', JSON.stringify([externalId, domain])));
  return near;
}
