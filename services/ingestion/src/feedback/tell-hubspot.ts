import { at, items } from '../sources/json-value.js';
import { asJson, lastOfEach, type Telling } from './telling.js';

/**
 * A property of the contact, `hs_lead_status` for instance, whose options are the words. 200: all are changed; 207: some are,
 * and `errors` tells of the others; a property or an option that is not there refuses all of them.
 * @see https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/batch/update-contacts
 */
export const tellHubspot: Telling = {
  into: { pattern: /^[a-z][a-z0-9_]{0,99}$/, detail: 'must be the name of a property, such as hs_lead_status' },
  ids: /^\d{1,19}$/,
  request: (words, { baseUrl, token, into }) => ({
    method: 'POST',
    url: `${baseUrl}/crm/v3/objects/contacts/batch/update`,
    ...asJson(token, {
      inputs: lastOfEach(words).map(({ externalId, word }) => ({ id: externalId, properties: { [into]: word } })),
    }),
  }),
  refused: (answer, words) => {
    const results = at(answer, 'results');
    return Array.isArray(results) ? Math.max(0, lastOfEach(words).length - items(results).length) : undefined;
  },
};
