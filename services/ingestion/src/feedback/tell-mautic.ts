import { at, isObject } from '../sources/json-value.js';
import { asJson, lastOfEach, type Telling } from './telling.js';

/**
 * A field of the contact, by its alias, whose values are the words. PATCH changes that field and makes nobody; the answer has a
 * status for each contact, in their order. An alias that is not there Mautic ignores without a word.
 * @see https://devdocs.mautic.org/en/latest/rest_api/contacts.html
 */
export const tellMautic: Telling = {
  into: {
    pattern: /^(?!id$)[a-z][a-z0-9_]{0,99}$/,
    detail: 'must be the alias of a contact field, such as lead_status',
  },
  ids: /^[1-9]\d{0,18}$/,
  grant: { type: 'client_credentials', tokenUrl: (baseUrl) => `${baseUrl}/oauth/v2/token` },
  request: (words, { baseUrl, token, into }) => ({
    method: 'PATCH',
    url: `${baseUrl}/api/contacts/batch/edit`,
    ...asJson(
      token,
      lastOfEach(words).map(({ externalId, word }) => ({ id: externalId, [into]: word })),
    ),
  }),
  refused: (answer) => {
    // A list where PHP could make one, an object by place where it could not.
    const statuses = at(answer, 'statusCodes');
    if (!Array.isArray(statuses) && !isObject(statuses)) return undefined;
    return Object.values(statuses).filter((status) => !(Number(status) >= 200 && Number(status) < 300)).length;
  },
};
