import { at, items, text } from '../sources/json-value.js';
import type { Grant } from './access-tokens.js';
import { asJson, lastOfEach, type Telling, TOKEN_REFUSED, TOO_OFTEN, type Trouble } from './telling.js';

export const marketoGrant: Grant = {
  type: 'client_credentials',
  tokenUrl: (baseUrl) => `${baseUrl}/identity/oauth/token`,
};

/**
 * A field of the person, by its REST API name, whose values are the words. Marketo says 200 also when it says no: of all
 * (`success`), or of one (`skipped`, with reasons).
 * @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/leads
 * @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes
 */
export const tellMarketo: Telling = {
  into: {
    pattern: /^(?!id$)[A-Za-z][A-Za-z0-9_]{0,99}$/,
    detail: 'must be the REST API name of a field, such as leadStatus',
  },
  ids: /^[1-9]\d{0,9}$/,
  grant: marketoGrant,
  request: (words, { baseUrl, token, into }) => ({
    method: 'POST',
    url: `${baseUrl}/rest/v1/leads.json`,
    ...asJson(token, {
      // Whoever is not there any more is not made anew.
      action: 'updateOnly',
      lookupField: 'id',
      input: lastOfEach(words).map(({ externalId, word }) => ({ id: Number(externalId), [into]: word })),
    }),
  }),
  refused: (answer) => {
    const results = at(answer, 'result');
    return Array.isArray(results)
      ? items(results).filter((each) => at(each, 'status') !== 'updated').length
      : undefined;
  },
  trouble: marketoTrouble,
};

/** Why nothing was done, in an answer of any status; undefined when it says that something was, or is none of Marketo’s. */
export function marketoTrouble(answer: unknown): Trouble | undefined {
  return at(answer, 'success') === false ? troubleOf(codeOf(answer)) : undefined;
}

function codeOf(answer: unknown): string {
  const code = text(at(items(at(answer, 'errors'))[0], 'code')) ?? '';
  return /^\d{3,4}$/.test(code) ? code : 'unknown';
}

/** Of a day; it begins anew at midnight in Chicago, and until then asking once an hour is enough. */
const QUOTA_USED_UP = { kind: 'wait', why: 'quota-used-up', retryAfter: '3600' } as const;
/** The field that is told into, which people mend: with it everything would be refused. */
const FIELD_NOT_FOUND = '1006';
/** Errors that pass, among those about what was sent. */
const transient: ReadonlySet<string> = new Set(['713', '719']);

function troubleOf(code: string): Trouble {
  switch (code) {
    case '600':
    case '601':
    case '602':
      return TOKEN_REFUSED;
    // A hundred calls in twenty seconds, and ten at once, of everybody who calls this instance.
    case '606':
    case '615':
      return TOO_OFTEN;
    case '607':
      return QUOTA_USED_UP;
    case FIELD_NOT_FOUND:
      return { kind: 'failed', why: 'field-not-found' };
    default: {
      // 5xx and 6xx: nothing of it was tried, and it is not about what was sent.
      const isLater = /^[56]\d\d$/.test(code) || transient.has(code) || code === 'unknown';
      return { kind: isLater ? 'failed' : 'refused', why: `marketo-${code}` };
    }
  }
}
