import { invalidInput } from '@fairlead/platform';

/** What PostgreSQL's integer holds. */
export const MAX_VERSION = 2_147_483_647;

/** The version of a document that is asked for, as it came in the address; undefined asks for the newest. */
export function versionOf(version: unknown, field = 'version'): number | undefined {
  if (version === undefined) return undefined;
  const number = typeof version === 'string' && /^\d{1,10}$/.test(version) ? Number(version) : 0;
  if (number < 1 || number > MAX_VERSION) {
    throw invalidInput([{ field, detail: 'must be a whole number from 1' }]);
  }
  return number;
}
