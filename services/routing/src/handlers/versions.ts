import { invalidInput } from '@fairlead/platform';
import { ApiQuery } from '@nestjs/swagger';

/** What PostgreSQL's integer holds. */
export const MAX_VERSION = 2_147_483_647;

export const VERSION = { type: 'integer', minimum: 1, maximum: MAX_VERSION } as const;

/** Documents what `versionOf` reads. */
export const ApiVersion = (
  name = 'version',
  options: { readonly required?: boolean; readonly description?: string } = {},
) => ApiQuery({ required: false, ...options, name, schema: VERSION });

/** The version of a document that is asked for, as it came in the address; undefined asks for the newest. */
export function versionOf(version: unknown, field = 'version'): number | undefined {
  if (version === undefined) return undefined;
  const number = typeof version === 'string' && /^\d{1,10}$/.test(version) ? Number(version) : 0;
  if (number < 1 || number > MAX_VERSION) {
    throw invalidInput([{ field, detail: 'must be a whole number from 1' }]);
  }
  return number;
}
