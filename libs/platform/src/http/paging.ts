import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { invalidInput } from './validation.js';

/** A page of 1,000 rows is answered in milliseconds and stays below a megabyte. */
const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;

/**
 * Documents `after` and `limit` of a list.
 * @param after  what `next` of a page looks like
 * @param most  where a page never holds more than this, whatever is asked for, because a row is larger than those of most lists
 */
export const ApiPage = (after: RegExp, most = MAX_PAGE) =>
  applyDecorators(
    ApiQuery({
      name: 'after',
      required: false,
      description: '`next` of the page before.',
      schema: { type: 'string', pattern: after.source },
    }),
    ApiQuery({
      name: 'limit',
      required: false,
      ...(most < MAX_PAGE && { description: `A page holds ${most} at most.` }),
      schema: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE },
    }),
  );

/** The `limit` of a list, as it came in the query string. */
export function pageLimit(value: unknown): number {
  if (value === undefined) return DEFAULT_PAGE;
  const limit = typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : 0;
  if (limit < 1 || limit > MAX_PAGE)
    throw invalidInput([{ field: 'limit', detail: `must be a whole number from 1 to ${MAX_PAGE}` }]);
  return limit;
}
