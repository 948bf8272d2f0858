import { at } from '../sources/json-value.js';
import { graphTrouble } from './graph-trouble.js';
import type { Telling } from './telling.js';

const DAY_MS = 86_400_000;
/** Of the seven days an hour less: one that is a second too old refuses all that it is sent with. */
const WITHIN_MS = 7 * DAY_MS - 3_600_000;

/**
 * A stage of the lead, told to a data set (Conversions API for CRM): the words are names of stages. The lead's own id and nothing
 * of the person. One event that is not valid refuses all that it is sent with.
 * @see https://developers.facebook.com/docs/marketing-api/conversions-api/conversion-leads-integration/payload-specification
 * @see https://developers.facebook.com/docs/marketing-api/conversions-api/using-the-api
 */
export const tellMeta: Telling = {
  into: { pattern: /^\d{5,20}$/, detail: 'must be the id of a data set' },
  ids: /^\d{5,20}$/,
  withinMs: WITHIN_MS,
  forAdvertising: true,
  request: (words, { baseUrl, token, into }) => ({
    method: 'POST',
    url: `${baseUrl}/${into}/events`,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    // The token in the body, as the documents show it, and not in the address, which is written down in many places.
    body: new URLSearchParams({ data: `[${words.map(eventOf).join(',')}]`, access_token: token }).toString(),
  }),
  refused: (answer, words) => {
    const received = at(answer, 'events_received');
    return typeof received === 'number' ? Math.max(0, words.length - received) : undefined;
  },
  trouble: graphTrouble,
};

function eventOf({ externalId, word, at: when }: Parameters<Telling['request']>[0][number]): string {
  const event = {
    event_name: word,
    event_time: Math.floor(when / 1_000),
    action_source: 'system_generated',
    custom_data: { event_source: 'crm', lead_event_source: 'Fairlead' },
  };
  // An integer of sixteen digits, which JavaScript’s numbers do not always hold.
  return `{"user_data":{"lead_id":${externalId}},${JSON.stringify(event).slice(1)}`;
}
