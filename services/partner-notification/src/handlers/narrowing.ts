import { type Caller, invalidInput, notFound } from '@fairlead/platform';

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i;

/**
 * An instant in a query string, RFC 3339.
 * @returns milliseconds since the epoch
 */
export function instantOf(field: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const instant = typeof value === 'string' && INSTANT.test(value) ? Date.parse(value.toUpperCase()) : NaN;
  if (Number.isNaN(instant))
    throw invalidInput([{ field, detail: 'must be an instant with its zone, such as 2026-01-31T00:00:00Z' }]);
  return instant;
}

export function oneOf<Value extends string>(
  field: string,
  values: readonly Value[],
  value: unknown,
): Value | undefined {
  if (value === undefined) return undefined;
  const found = values.find((each) => each === value);
  if (found === undefined) throw invalidInput([{ field, detail: `must be one of ${values.join(', ')}` }]);
  return found;
}

/** What is another party's looks to a partner's key as if it were not there. */
export function refuseOthers(party: string, caller: Caller, what: string): void {
  if (caller.role === 'partner' && caller.partnerId !== party) throw notFound(what);
}
