import { invalidInput } from './validation.js';

/** A page of 1,000 rows is answered in milliseconds and stays below a megabyte. */
const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;

/** The `limit` of a list, as it came in the query string. */
export function pageLimit(value: unknown): number {
  if (value === undefined) return DEFAULT_PAGE;
  const limit = typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : 0;
  if (limit < 1 || limit > MAX_PAGE)
    throw invalidInput([{ field: 'limit', detail: `must be a whole number from 1 to ${MAX_PAGE}` }]);
  return limit;
}
