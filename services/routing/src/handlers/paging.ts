import { ApiPage, invalidInput, pageLimit } from '@fairlead/platform';

/** `after` and `limit` of a list that is read by a number, as they came in the query string. */
export interface Page {
  /** The number that ended the page before, as text: it may be beyond what JavaScript counts exactly. */
  readonly after: string | undefined;
  readonly limit: number;
}

const NUMBER = /^\d{1,18}$/;

/** Documents what `pageOf` reads. */
export const ApiNumberedPage = (most?: number) => ApiPage(NUMBER, most);

/** @param most  where a row is larger than the rows of most lists */
export function pageOf(after: unknown, limit: unknown, most = Infinity): Page {
  if (after !== undefined && (typeof after !== 'string' || !NUMBER.test(after)))
    throw invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
  return { after, limit: Math.min(pageLimit(limit), most) };
}

/** The rows of the page, of which one more than its limit was read, and where the next one begins. */
export function paged<Row>(
  found: readonly Row[],
  limit: number,
  numberOf: (row: Row) => string | number,
): { readonly rows: Row[]; readonly next?: string } {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, ...(found.length > limit && last !== undefined && { next: String(numberOf(last)) }) };
}
