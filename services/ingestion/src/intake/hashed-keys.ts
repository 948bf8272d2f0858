import { identityKeys } from '@fairlead/decisions';
import type { PersonalData } from '@fairlead/personal-data';
import { hash } from 'node:crypto';
import type { HashedKey } from './rows.js';

/** By what the lead is found again, in no form that could be read back. A source's id is no personal data. */
export function hashedKeys(lead: Parameters<typeof identityKeys>[0], personalData: PersonalData): HashedKey[] {
  return identityKeys(lead).map(({ kind, value }) => ({
    kind,
    key: kind === 'externalId' ? hash('sha256', value, 'buffer') : personalData.keyedHash(kind, value),
  }));
}
