import { at } from '../sources/json-value.js';
import { asJson, lastOfEach, type Telling } from './telling.js';

/**
 * A field of the record, `Lead.Status` for instance, whose values are the words. Each record is changed by itself, and the answer
 * has a result for each, in their order.
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_update.htm
 */
export const tellSalesforce: Telling = {
  into: {
    pattern: /^[A-Za-z][A-Za-z0-9_]{0,79}\.[A-Za-z][A-Za-z0-9_]{0,79}$/,
    detail: 'must be an object and its field, such as Lead.Status',
  },
  ids: /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/,
  request: (words, { baseUrl, token, into }) => {
    const [type = '', field = ''] = into.split('.');
    return {
      method: 'PATCH',
      url: `${baseUrl}/services/data/v61.0/composite/sobjects`,
      ...asJson(token, {
        allOrNone: false,
        records: lastOfEach(words).map(({ externalId, word }) => ({
          attributes: { type },
          id: externalId,
          [field]: word,
        })),
      }),
    };
  },
  refused: (answer) =>
    Array.isArray(answer) ? answer.filter((result) => at(result, 'success') !== true).length : undefined,
};
