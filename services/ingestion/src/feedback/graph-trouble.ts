import { at, isObject, number, text } from '../sources/json-value.js';
import { TOKEN_REFUSED, TOO_OFTEN, type Trouble } from './telling.js';

/** 102, 190: the token; 3, 10: what it may do. 200 to 299 as well. */
const tokenCodes: ReadonlySet<number> = new Set([3, 10, 102, 190]);
/** Of an app, a user, a page, a kind of call; those of a business are 80000 and more. */
const tooOftenCodes: ReadonlySet<number> = new Set([4, 17, 32, 341, 613]);
/** Unknown, and service: "temporary". */
const temporaryCodes: ReadonlySet<number> = new Set([1, 2]);

/**
 * What Meta’s Graph API says under the status 400, and sometimes 403 or 500: that it is the token, that it was called too often, that
 * it is out of order. Undefined when it is none of these, and then it is about what was sent.
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling
 * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
export function graphTrouble(answer: unknown): Trouble | undefined {
  const error = at(answer, 'error');
  const code = codeOf(error);
  if (!isObject(error) || code === undefined) return undefined;
  if (tokenCodes.has(code) || isWithin(code, 200, 299)) return TOKEN_REFUSED;
  if (tooOftenCodes.has(code) || isWithin(code, 80_000, 80_999)) return TOO_OFTEN;
  // It cannot answer so much at once: about less of it, it can.
  if (/reduce the amount of data/i.test(text(error['message']) ?? '')) return { kind: 'refused', why: 'too-much' };
  const isTemporary = temporaryCodes.has(code) || error['is_transient'] === true;
  return isTemporary ? { kind: 'failed', why: `graph-${code}` } : undefined;
}

export function codeOf(error: unknown): number | undefined {
  return number(at(error, 'code'));
}

function isWithin(code: number, first: number, last: number): boolean {
  return code >= first && code <= last;
}
