import { at, items, text } from '../sources/json-value.js';
import { asJson, type Telling, type Word } from './telling.js';

/**
 * A conversion, told to a Google Ads account by the click that the lead came by (Data Manager API; the Google Ads API takes
 * conversions of clicks from nobody new any more): the words are numbers of conversion actions. One event that is not valid
 * refuses all that it is sent with. What Google makes of a conversion in the end, it says in its own diagnostics, hours later.
 * @see https://developers.google.com/data-manager/api/devguides/events/google-ads/offline/send-events
 * @see https://developers.google.com/data-manager/api/devguides/concepts/understand-errors
 */
export const tellGoogleAds: Telling = {
  into: {
    pattern: /^(?:\d{10}\/)?\d{10}$/,
    detail: 'must be the ten digits of an account, after those of its manager account and a slash where it has one',
  },
  // At most ten destinations in a request.
  words: { pattern: /^\d{1,19}$/, detail: 'must be the number of a conversion action', most: 10 },
  ids: /^[A-Za-z0-9_.-]{8,512}$/,
  byClick: true,
  forAdvertising: true,
  grant: { type: 'refresh_token', tokenUrl: () => 'https://oauth2.googleapis.com/token' },
  request: (words, { baseUrl, token, into, consent }) => ({
    method: 'POST',
    url: `${baseUrl}/v1/events:ingest`,
    ...asJson(token, {
      destinations: [...new Set(words.map(({ word }) => word))].map((action) => destinationOf(action, into)),
      events: words.map(eventOf),
      ...(consent && { consent: consentOf(consent) }),
    }),
  }),
  refused: (answer) => (text(at(answer, 'requestId')) === undefined ? undefined : 0),
  trouble: (answer) => {
    const isMendable = reasonsIn(answer).some((reason) => aboutTheAccount.has(reason));
    return isMendable ? { kind: 'failed', why: 'account-refused' } : undefined;
  },
};

function destinationOf(action: string, into: string): object {
  const [account = '', manager] = into.split('/').reverse();
  const named = (accountId: string) => ({ accountType: 'GOOGLE_ADS', accountId });
  return {
    reference: action,
    ...(manager !== undefined && { loginAccount: named(manager) }),
    operatingAccount: named(account),
    productDestinationId: action,
  };
}

function eventOf({ id, externalId, word, at: when, amount }: Word): object {
  return {
    destinationReferences: [word],
    // Of two with the same, Google counts one.
    transactionId: id,
    eventTimestamp: new Date(when).toISOString(),
    adIdentifiers: { gclid: externalId },
    ...(amount && { conversionValue: amount.value, currency: amount.currency }),
  };
}

function consentOf(consent: 'granted' | 'denied'): object {
  const status = consent === 'granted' ? 'CONSENT_GRANTED' : 'CONSENT_DENIED';
  return { adUserData: status, adPersonalization: status };
}

/** What people set right, and then everything is taken. */
const aboutTheAccount: ReadonlySet<string> = new Set([
  'INVALID_DESTINATION',
  'TERMS_AND_CONDITIONS_NOT_SIGNED',
  'DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS',
  'DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS',
  'DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED',
]);

function reasonsIn(answer: unknown): string[] {
  return items(at(answer, 'error', 'details'))
    .flatMap((detail) => [
      at(detail, 'reason'),
      ...items(at(detail, 'fieldViolations')).map((one) => at(one, 'reason')),
    ])
    .filter((reason) => typeof reason === 'string');
}
