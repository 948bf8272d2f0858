import type { Activity } from '../intake/rows.js';
import { fillLead, type KnownNames, namesOf } from './fill-lead.js';
import { at, externalId, isObject, isoTime, items, moment, number, reference, scalars, text } from './json-value.js';
import { hmacSha256, signedByOneOf } from './signature.js';
import { type Arrival, type Delivery, type ReaderOptions, type SourceFormat, unusable } from './source-format.js';

/** As HubSpot prescribes; the same into the future, for clocks that are not quite right. */
const MAX_AGE_MS = 300_000;

const known: KnownNames = {
  firstName: ['firstname'],
  lastName: ['lastname'],
  email: ['email', 'work_email'],
  phone: ['phone', 'mobilephone'],
  company: ['company'],
  domain: ['website'],
  country: ['country'],
  region: ['state'],
  city: ['city'],
  industry: ['industry'],
  employees: ['numemployees'],
  revenue: ['annualrevenue'],
  message: ['message'],
  'attributes.jobTitle': ['jobtitle'],
  'attributes.lifecycleStage': ['lifecyclestage'],
  'attributes.leadSource': ['hs_analytics_source'],
  'engagement.pageViews': ['hs_analytics_num_page_views'],
  'engagement.visits': ['hs_analytics_num_visits'],
  'engagement.formFills': ['num_conversion_events'],
  'engagement.emailOpens': ['hs_email_open'],
  'engagement.emailClicks': ['hs_email_click'],
  'engagement.score': ['hubspotscore'],
};

/** Properties in which HubSpot counts what a contact does: a change of one is an activity, and nothing has to be asked for. */
const counters: Readonly<Record<string, { readonly activity: string; readonly sets: string }>> = {
  hs_analytics_num_page_views: { activity: 'page-viewed', sets: 'pageViews' },
  hs_analytics_num_visits: { activity: 'visited', sets: 'visits' },
  num_conversion_events: { activity: 'form-filled-out', sets: 'formFills' },
  hs_email_open: { activity: 'email-opened', sets: 'emailOpens' },
  hs_email_click: { activity: 'email-clicked', sets: 'emailClicks' },
  hubspotscore: { activity: 'score-changed', sets: 'score' },
};

/** Properties in which HubSpot notes when something was last done: whoever does it is known, or was never a lead. */
const lastDone: Readonly<Record<string, { readonly activity: string; readonly sets: string }>> = {
  hs_email_last_open_date: { activity: 'email-opened', sets: 'lastEmailOpen' },
  hs_email_last_click_date: { activity: 'email-clicked', sets: 'lastEmailClick' },
  hs_analytics_last_visit_timestamp: { activity: 'visited', sets: 'lastVisit' },
  hs_analytics_last_timestamp: { activity: 'page-viewed', sets: 'lastPageView' },
  hs_sa_last_engagement_date: { activity: 'engaged', sets: 'lastEngagement' },
  notes_last_contacted: { activity: 'contacted', sets: 'lastContact' },
};

/**
 * HubSpot: a list of events that hold ids only; the contacts are asked for. `X-HubSpot-Signature-v3` is over method, URI,
 * body and `X-HubSpot-Request-Timestamp`.
 */
export const hubspot: SourceFormat = {
  verify: (delivery, { secrets }) => {
    const timestamp = delivery.headers['x-hubspot-request-timestamp'];
    if (typeof timestamp !== 'string' || !/^\d{1,16}$/.test(timestamp)) return 'refused';
    if (Math.abs(delivery.receivedAt - Number(timestamp)) > MAX_AGE_MS) return 'refused';
    const parts = [delivery.method, signedUri(delivery.url), delivery.body, timestamp];
    return signedByOneOf(secrets, delivery.headers['x-hubspot-signature-v3'], (secret) =>
      hmacSha256(secret, 'base64', ...parts),
    );
  },
  read: (body, _: Delivery, options) => (Array.isArray(body) ? body : [body]).map((event) => readEvent(event, options)),
  fetching: {
    batch: 100,
    isCurrent: true,
    request: (references, { baseUrl, mapping }) => ({
      method: 'POST',
      url: `${baseUrl}/crm/v3/objects/contacts/batch/read`,
      body: {
        properties: [...namesOf(known, mapping), 'hs_email_optout'],
        inputs: references.map((id) => ({ id })),
      },
    }),
    read: (answer, options) =>
      new Map(
        items(at(answer, 'results')).flatMap((contact): [string, Arrival][] => {
          const id = reference(at(contact, 'id'));
          return id === undefined ? [] : [[id, readContact(id, contact, options)]];
        }),
      ),
  },
};

const decoded: Readonly<Record<string, string>> = {
  ...{ '%3A': ':', '%2F': '/', '%3F': '?', '%40': '@', '%21': '!', '%24': '$' },
  ...{ '%27': "'", '%28': '(', '%29': ')', '%2A': '*', '%2C': ',', '%3B': ';' },
};

/** HubSpot signs the URI with these decoded, and no others. */
function signedUri(url: string): string {
  return url.replace(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, (code) => decoded[code.toUpperCase()] ?? code);
}

/** By now HubSpot says `object.creation` with the type of the object beside it; `contact.creation` is what it said before. */
const CONTACT = '0-1';

function readEvent(event: unknown, { now }: ReaderOptions): Arrival {
  if (!isObject(event)) return unusable('event', 'type', 'An event must be a JSON object.');
  const type = text(event['subscriptionType']);
  if (type === undefined) return unusable('subscriptionType', 'required', 'What happened is not said.');
  const key = keyOf(event, type);
  const [subject, happened = ''] = type.split('.', 2);
  const isContact = subject === 'contact' || (subject === 'object' && event['objectTypeId'] === CONTACT);
  if (!isContact || !['creation', 'propertyChange', 'restore', 'merge'].includes(happened))
    return { kind: 'unknown', type, item: event, key };

  // Of two contacts that become one, the one that they become.
  const id = reference(event['newObjectId'] ?? event['primaryObjectId'] ?? event['objectId']);
  if (id === undefined) return unusable('objectId', 'required', 'The contact’s id.');
  const doing = happened === 'propertyChange' ? doingOf(event, now) : undefined;
  if (!doing) return { kind: 'reference', reference: id, key };
  return { kind: 'activity', who: { externalId: id }, adds: {}, ...doing, key };
}

function doingOf(
  event: Readonly<Record<string, unknown>>,
  now: number,
): Pick<Activity, 'activity' | 'sets' | 'occurredAt'> | undefined {
  const property = text(event['propertyName']) ?? '';
  const happened = moment(event['occurredAt']) ?? now;
  if (Object.hasOwn(lastDone, property)) {
    const { activity, sets } = lastDone[property] as (typeof lastDone)[string];
    const done = isoTime(moment(event['propertyValue']));
    return { activity, sets: done === undefined ? {} : { [sets]: done }, occurredAt: happened };
  }
  const value = number(event['propertyValue']);
  if (!Object.hasOwn(counters, property) || value === undefined) return undefined;
  const { activity, sets } = counters[property] as (typeof counters)[string];
  return { activity, sets: { [sets]: value }, occurredAt: happened };
}

/** Sent again, an event has another `attemptNumber`; and its `eventId` alone is not sure to be its own. */
function keyOf(event: Readonly<Record<string, unknown>>, type: string): string {
  const names = ['portalId', 'eventId', 'objectId', 'propertyName', 'occurredAt'];
  return JSON.stringify([type, ...names.map((name) => event[name])]);
}

function readContact(id: string, contact: unknown, { mapping }: ReaderOptions): Arrival {
  const properties = at(contact, 'properties');
  const filled = fillLead(scalars(properties), known, mapping);
  if (!filled.ok) return { kind: 'unusable', errors: filled.errors };
  const occurredAt = isoTime(moment(at(properties, 'createdate') ?? at(contact, 'createdAt')));
  return {
    kind: 'lead',
    lead: {
      externalId: externalId(id),
      ...(occurredAt !== undefined && { occurredAt }),
      ...(at(properties, 'hs_email_optout') === 'true' && { consent: false }),
      ...filled.lead,
    },
  };
}
