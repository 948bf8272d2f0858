import { verify as verifySignature } from 'node:crypto';
import { marketoGrant, marketoTrouble } from '../feedback/tell-marketo.js';
import type { Activity } from '../intake/rows.js';
import { fillLead, type KnownNames, namesOf } from './fill-lead.js';
import { readRow } from './json.js';
import { at, externalId, isObject, isoTime, items, moment, number, reference, scalars, text } from './json-value.js';
import {
  type Arrival,
  type Credentials,
  type Delivery,
  type ReaderOptions,
  type SourceFormat,
  unusable,
} from './source-format.js';

const known: KnownNames = {
  firstName: ['firstName'],
  lastName: ['lastName'],
  email: ['email'],
  phone: ['phone', 'mobilePhone'],
  company: ['company'],
  domain: ['website'],
  country: ['country'],
  region: ['state'],
  city: ['city'],
  industry: ['industry'],
  employees: ['numberOfEmployees'],
  revenue: ['annualRevenue'],
  'attributes.jobTitle': ['title'],
  'attributes.leadSource': ['leadSource'],
  'engagement.leadScore': ['leadScore'],
};

/**
 * Marketo, in two ways. Its data streams come through Adobe I/O Events: CloudEvents, one or a list, signed with one of two
 * RSA keys. `Call Webhook` sends whatever its template says, with the source's own key, and is read by the source's mapping.
 */
export const marketo: SourceFormat = {
  // A template whose tokens are encoded as Form/Url is sent as a form.
  contentTypes: [
    ...['application/cloudevents+json', 'application/cloudevents-batch+json'],
    'application/x-www-form-urlencoded',
  ],
  verify: (delivery, credentials) => {
    if (signaturesOf(delivery).length > 0) return signedByAdobe(delivery, credentials) ? 'verified' : 'refused';
    return delivery.headers.authorization === undefined ? 'refused' : 'own-key';
  },
  challenge: ({ challenge }, { publicKeys }) => {
    if (publicKeys.length === 0 || typeof challenge !== 'string') return undefined;
    return /^[A-Za-z0-9_.-]{1,256}$/.test(challenge) ? { contentType: 'text/plain', body: challenge } : undefined;
  },
  read: (body, _, options) => {
    const legacy = at(body, 'activities');
    if (Array.isArray(legacy)) return items(legacy).map((each) => readLegacy(each, options));
    return (Array.isArray(body) ? body : [body]).map((item) => readItem(item, options));
  },
  fetching: {
    batch: 300,
    request: (references, { baseUrl, mapping }) => {
      const fields = ['id', 'createdAt', 'unsubscribed', ...namesOf(known, mapping)].map(encodeURIComponent).join(',');
      const query = `filterType=id&filterValues=${references.map(encodeURIComponent).join(',')}&fields=${fields}`;
      return { method: 'GET', url: `${baseUrl}/rest/v1/leads.json?${query}` };
    },
    isCurrent: true,
    grant: marketoGrant,
    // Marketo says 200 also when it says no.
    trouble: marketoTrouble,
    read: (answer, options) =>
      new Map(
        items(at(answer, 'result')).flatMap((lead): [string, Arrival][] => {
          const id = reference(at(lead, 'id'));
          return id === undefined ? [] : [[id, readLead(id, lead, at(lead, 'createdAt'), options)]];
        }),
      ),
  },
};

function signaturesOf({ headers }: Delivery): string[] {
  return [headers['x-adobe-digital-signature-1'], headers['x-adobe-digital-signature-2']].filter(
    (signature) => typeof signature === 'string',
  );
}

/** Two signatures, because Adobe changes its keys one after the other: one that holds is enough. */
function signedByAdobe(delivery: Delivery, { publicKeys }: Credentials): boolean {
  return signaturesOf(delivery).some((written) => {
    const signature = Buffer.from(written, 'base64');
    // Base64 has several spellings for the same bytes, of which one was sent.
    if (signature.toString('base64') !== written) return false;
    return publicKeys.some((key) => verifySignature('RSA-SHA256', delivery.body, key, signature));
  });
}

const ACTIVITY = 'com.adobe.platform.marketo.activity.standard.';

/** What people do, by the end of the event's type. */
const activities: Readonly<Record<string, Pick<Activity, 'activity' | 'adds' | 'agrees'>>> = {
  openemail: { activity: 'email-opened', adds: { emailOpens: 1 } },
  opensalesemail: { activity: 'email-opened', adds: { emailOpens: 1 } },
  clickemail: { activity: 'email-clicked', adds: { emailClicks: 1 } },
  clicksalesemail: { activity: 'email-clicked', adds: { emailClicks: 1 } },
  visitwebpage: { activity: 'page-visited', adds: { visits: 1 } },
  clicklink: { activity: 'link-clicked', adds: { linkClicks: 1 } },
  interestingmoment: { activity: 'interesting-moment', adds: { interestingMoments: 1 } },
  unsubscribeemail: { activity: 'unsubscribed', adds: {}, agrees: false },
  filloutform: { activity: 'form-filled-out', adds: { formFills: 1 } },
};
/** After these, the lead is asked for: it is new, or something of it is. */
const changes: ReadonlySet<string> = new Set([
  ...['newlead', 'changedatavalue', 'filloutfacebookleadadsform', 'mergeleads'],
  ...['filloutlinkedinleadgenform', 'filloutlinkedleadgenform'],
]);

function readItem(item: unknown, options: ReaderOptions): Arrival {
  if (!isObject(item)) return unusable('event', 'type', 'An event must be a JSON object.');
  // Some of Adobe's streams wrap the event once more.
  const event = at(item, 'event', 'body') ?? at(item, 'event') ?? item;
  const type = text(at(event, 'type'));
  const id = text(item['eventid']) ?? text(at(event, 'id')) ?? text(item['id']);
  const isEvent = at(event, 'specversion') !== undefined;
  if (!isEvent && options.mapping) return readRow(item, options);
  if (type === undefined) return unusable('type', 'required', 'What happened is not said.');
  const key = id === undefined ? {} : { key: id };
  if (!type.startsWith(ACTIVITY)) return { kind: 'unknown', type, item, ...key };
  return { ...readActivity(type.slice(ACTIVITY.length), item, at(event, 'data'), at(event, 'time'), options), ...key };
}

/** As data streams came before they went through Adobe I/O: several activities under one roof. */
function readLegacy(item: unknown, options: ReaderOptions): Arrival {
  const name = text(at(item, 'activityType'))?.toLowerCase().replace(/\s/g, '');
  if (name === undefined) return unusable('activities.activityType', 'required', 'What happened is not said.');
  const id = text(at(item, 'marketoGUID'));
  return { ...readActivity(name, item, item, undefined, options), ...(id !== undefined && { key: id }) };
}

function readActivity(name: string, item: unknown, data: unknown, time: unknown, options: ReaderOptions): Arrival {
  if (!isObject(data)) return unusable('data', 'required', 'What the event holds is missing.');
  const isKnown = Object.hasOwn(activities, name) || name === 'changescore' || changes.has(name);
  if (!isKnown) return { kind: 'unknown', type: `${ACTIVITY}${name}`, item };
  const id = reference(data['leadId'] ?? at(data, 'lead', 'id'));
  if (id === undefined) return unusable('data.leadId', 'required', 'Whose it is.');
  if (changes.has(name)) {
    // What the stream brings along is a few fields of a new lead: enough where the others cannot be asked for.
    const isEnough = !options.canFetch && name === 'newlead' && text(at(data, 'lead', 'email')) !== undefined;
    return isEnough ? readLead(id, data['lead'], data['activityDate'], options) : { kind: 'reference', reference: id };
  }
  const email = text(at(data, 'lead', 'email'));
  const what =
    name === 'changescore' ? scoreOf(data) : { ...(activities[name] as (typeof activities)[string]), sets: {} };
  return {
    kind: 'activity',
    who: { externalId: id, ...(email !== undefined && { email }) },
    ...what,
    occurredAt: moment(data['activityDate']) ?? moment(time) ?? options.now,
  };
}

function scoreOf(data: unknown): Pick<Activity, 'activity' | 'adds' | 'sets'> {
  const attributes = new Map(
    items(at(data, 'attributes')).map((each) => [
      text(at(each, 'name'))?.toLowerCase().replace(/\s/g, ''),
      at(each, 'value'),
    ]),
  );
  const score = number(attributes.get('newvalue'));
  // Several scores may be kept; the usual one is called Lead Score.
  const name = (text(at(data, 'primaryAttributeValue')) ?? 'Lead Score').replace(/[^A-Za-z0-9]+/g, ' ').trim();
  const words = name.toLowerCase().split(' ');
  const camel = words
    .map((word, place) => (place === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
  return {
    activity: 'score-changed',
    adds: {},
    sets: score === undefined || camel === '' ? {} : { [camel.slice(0, 64)]: score },
  };
}

function readLead(id: string, lead: unknown, happened: unknown, { mapping }: ReaderOptions): Arrival {
  const filled = fillLead(scalars(lead), known, mapping);
  if (!filled.ok) return { kind: 'unusable', errors: filled.errors };
  const occurredAt = isoTime(moment(happened));
  return {
    kind: 'lead',
    lead: {
      externalId: externalId(id),
      ...(occurredAt !== undefined && { occurredAt }),
      ...(at(lead, 'unsubscribed') === true && { consent: false }),
      ...filled.lead,
    },
  };
}
