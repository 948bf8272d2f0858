import { versionAt } from '../sources/linkedin.js';
import { at, items } from '../sources/json-value.js';
import { asJson, type Telling, type Word } from './telling.js';

const DAY_MS = 86_400_000;
/** Of the ninety days an hour less, for the way. */
const WITHIN_MS = 90 * DAY_MS - 3_600_000;

/**
 * A conversion, told by the lead's own response to a form (Conversions API): the words are numbers of conversion rules, each of
 * which is of one account. The answer has a status for each event, in their order.
 * @see https://learn.microsoft.com/en-us/linkedin/marketing/integrations/ads-reporting/conversions-api
 * @see https://learn.microsoft.com/en-us/linkedin/marketing/integrations/ads-reporting/conversions-api-schema
 */
export const tellLinkedin: Telling = {
  words: { pattern: /^\d{1,19}$/, detail: 'must be the number of a conversion rule', most: 100 },
  ids: /^[A-Za-z0-9_.-]{1,128}$/,
  withinMs: WITHIN_MS,
  forAdvertising: true,
  request: (words, { baseUrl, token }, now) => {
    const { headers, body } = asJson(token, { elements: words.map(elementOf) });
    return {
      method: 'POST',
      url: `${baseUrl}/conversionEvents`,
      headers: {
        ...{ ...headers, 'linkedin-version': versionAt(now), 'x-restli-protocol-version': '2.0.0' },
        'x-restli-method': 'BATCH_CREATE',
      },
      body,
    };
  },
  refused: (answer) => {
    const elements = at(answer, 'elements');
    return Array.isArray(elements) ? items(elements).filter((each) => at(each, 'status') !== 201).length : undefined;
  },
};

function elementOf({ id, externalId, word, at: when, amount }: Word): object {
  return {
    conversion: `urn:lla:llaPartnerConversion:${word}`,
    conversionHappenedAt: when,
    ...(amount && { conversionValue: { currencyCode: amount.currency, amount: String(amount.value) } }),
    // Needed also where the person is told of in no other way.
    user: { userIds: [], lead: `urn:li:leadGenFormResponse:${externalId}` },
    // Of two with the same, LinkedIn counts one.
    eventId: id,
  };
}
