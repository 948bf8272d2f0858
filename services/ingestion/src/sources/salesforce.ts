import { TOKEN_REFUSED } from '../feedback/telling.js';
import { fillLead, type KnownNames, namesOf } from './fill-lead.js';
import { readRow } from './json.js';
import {
  at,
  externalId,
  isObject,
  isoTime,
  isScalar,
  items,
  moment,
  reference,
  type Scalar,
  text,
} from './json-value.js';
import { type Arrival, type FetchTrouble, type ReaderOptions, type SourceFormat, unusable } from './source-format.js';

const known: KnownNames = {
  firstName: ['FirstName'],
  lastName: ['LastName'],
  email: ['Email'],
  phone: ['Phone', 'MobilePhone'],
  company: ['Company', 'Account.Name'],
  domain: ['Website', 'Account.Website'],
  country: ['CountryCode', 'Country', 'MailingCountryCode', 'MailingCountry'],
  region: ['State', 'MailingState'],
  city: ['City', 'MailingCity'],
  industry: ['Industry', 'Account.Industry'],
  employees: ['NumberOfEmployees', 'Account.NumberOfEmployees'],
  revenue: ['AnnualRevenue', 'Account.AnnualRevenue'],
  message: ['Description'],
  'attributes.jobTitle': ['Title'],
  'attributes.leadSource': ['LeadSource'],
  'attributes.rating': ['Rating'],
};
/** Fields of `Lead` that can be asked for; the rest of the names are what compound fields and other objects hold. */
const asked = namesOf(known, undefined).filter((name) => !/^Mailing|Code$|\./.test(name));
/** A mapping may also be about platform events, and about what is inside of a field: one such name refuses all that it is asked with. */
const FIELD = /^[A-Za-z][A-Za-z0-9_]{0,79}$/;

/** People; of everything else nothing is a lead. */
const people: ReadonlySet<string> = new Set(['Lead', 'Contact']);

/**
 * Salesforce: change events (Change Data Capture), records as its APIs export them, and platform events by the source's
 * mapping. Whatever forwards them shows the source's own key: Salesforce signs none of these.
 */
export const salesforce: SourceFormat = {
  contentTypes: ['application/cloudevents+json'],
  verify: () => 'own-key',
  read: (body, _, options) => {
    // `sf data query --json` puts its status around them.
    const records = at(body, 'records') ?? at(body, 'result', 'records');
    const list = Array.isArray(records) ? items(records) : Array.isArray(body) ? (body as unknown[]) : [body];
    return list.flatMap((item) => readItem(item, options));
  },
  fetching: {
    batch: 200,
    isCurrent: true,
    // Of the org's own domain, which is where the API is as well.
    grant: { type: 'client_credentials', tokenUrl: (baseUrl) => `${baseUrl}/services/oauth2/token` },
    request: (references, { baseUrl, mapping }) => {
      const mapped = Object.keys(mapping?.columns ?? {}).filter((name) => FIELD.test(name));
      const fields = [...new Set(['Id', 'CreatedDate', 'HasOptedOutOfEmail', ...asked, ...mapped])];
      const query = `ids=${references.map(encodeURIComponent).join(',')}&fields=${fields.map(encodeURIComponent).join(',')}`;
      return { method: 'GET', url: `${baseUrl}/services/data/v61.0/composite/sobjects/Lead?${query}` };
    },
    trouble: troubleOf,
    read: (answer, options) =>
      new Map(
        items(answer).flatMap((record): [string, Arrival][] => {
          const id = reference(at(record, 'Id'));
          return id === undefined ? [] : [[id, readRecord(id, record, at(record, 'CreatedDate'), options)]];
        }),
      ),
  },
};

/** Of a day, and of all that call this org. It counts the last 24 hours, so that asking once an hour is enough. */
const QUOTA_USED_UP = { kind: 'wait', why: 'quota-used-up', retryAfter: '3600' } as const;

/** An error is a list as well: `[{ errorCode, message }]`. */
function troubleOf(answer: unknown): FetchTrouble | undefined {
  switch (text(at(items(answer)[0], 'errorCode'))) {
    case 'REQUEST_LIMIT_EXCEEDED':
      return QUOTA_USED_UP;
    case 'INVALID_SESSION_ID':
    case 'INSUFFICIENT_ACCESS':
    case 'API_DISABLED_FOR_ORG':
      return TOKEN_REFUSED;
    // It is not there, or not for this token to see: people mend it, and until then it refuses everything.
    case 'INVALID_FIELD':
      return { kind: 'failed', why: 'field-not-found' };
    default:
      return undefined;
  }
}

function readItem(item: unknown, options: ReaderOptions): Arrival[] {
  if (!isObject(item)) return [unusable('event', 'type', 'Must be a JSON object.')];
  // The envelope is another one with each way of subscribing.
  const payload = at(item, 'data', 'payload') ?? at(item, 'detail', 'payload') ?? at(item, 'payload') ?? item;
  const header = at(payload, 'ChangeEventHeader') ?? at(item, 'detail', 'ChangeEventHeader');
  if (isObject(header)) return readChange(item, payload, header, options);
  const type = text(at(payload, 'attributes', 'type'));
  if (type !== undefined) {
    if (!people.has(type)) return [{ kind: 'unknown', type: `${type} record`, item }];
    const id = externalId(at(payload, 'Id')) ?? idOfExport(at(payload, 'attributes'), options);
    if (id === undefined) return [unusable('Id', 'required', 'The record’s id.')];
    return [readRecord(id, payload, at(payload, 'CreatedDate'), options)];
  }
  if (options.mapping) return [readRow(payload, options)];
  if (payload === item) return [unusable('ChangeEventHeader', 'required', 'Neither a change event nor a record.')];
  return [{ kind: 'unknown', type: 'platform event', item }];
}

/**
 * Of a record that was exported without its `Id`: the end of its address has it. In a tree (`sf data export tree`) it is called
 * `LeadRef1`, as another one will be in the next export: the moment tells them apart.
 */
function idOfExport(attributes: unknown, { now }: ReaderOptions): string | undefined {
  const [, id] = /\/([A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?)$/.exec(text(at(attributes, 'url')) ?? '') ?? [];
  const name = reference(at(attributes, 'referenceId'));
  return id ?? (name === undefined ? undefined : externalId(`${name}.${now}`));
}

function readChange(
  item: unknown,
  payload: unknown,
  header: Readonly<Record<string, unknown>>,
  options: ReaderOptions,
): Arrival[] {
  const [entity, change] = [text(header['entityName']), text(header['changeType'])];
  if (entity === undefined || change === undefined)
    return [unusable('ChangeEventHeader', 'required', 'What has changed, and how, is not said.')];
  if (!Array.isArray(header['recordIds']))
    return [unusable('ChangeEventHeader.recordIds', 'required', 'What has changed.')];
  const transaction = text(header['transactionKey']);
  return items(header['recordIds']).map((each): Arrival => {
    const id = reference(each);
    const key =
      transaction === undefined ? {} : { key: JSON.stringify([transaction, header['sequenceNumber'], entity, each]) };
    if (!people.has(entity)) return { kind: 'unknown', type: `${entity}.${change}`, item, ...key };
    // The prefix of all of them and an asterisk: a field has changed its type.
    if (id === undefined) return unusable('ChangeEventHeader.recordIds', 'id', 'Not the id of one record.');
    const asks = options.canFetch && entity === 'Lead';
    switch (change) {
      case 'CREATE':
      case 'UNDELETE':
        return { ...readRecord(id, payload, header['commitTimestamp'], options), ...key };
      case 'UPDATE':
        // It holds what has changed and nothing else, which for somebody new is not enough.
        if (asks) return { kind: 'reference', reference: id, ...key };
        return { ...readRecord(id, payload, header['commitTimestamp'], options), ...key };
      case 'GAP_CREATE':
      case 'GAP_UPDATE':
      case 'GAP_UNDELETE':
        if (asks) return { kind: 'reference', reference: id, ...key };
        return { kind: 'unknown', type: `${entity}.${change}`, item, ...key };
      default:
        return { kind: 'unknown', type: `${entity}.${change}`, item, ...key };
    }
  });
}

function readRecord(id: string, record: unknown, happened: unknown, { mapping }: ReaderOptions): Arrival {
  const filled = fillLead(fieldsOf(record), known, mapping);
  if (!filled.ok) return { kind: 'unusable', errors: filled.errors };
  const occurredAt = isoTime(moment(happened));
  return {
    kind: 'lead',
    lead: {
      externalId: externalId(id),
      ...(occurredAt !== undefined && { occurredAt }),
      ...(at(record, 'HasOptedOutOfEmail') === true && { consent: false }),
      ...filled.lead,
    },
  };
}

/** Compound fields, whose parts are the record's own. Of everybody else's who is in it, such as its owner, nothing is the lead's. */
const compound: ReadonlySet<string> = new Set(['Name', 'Address', 'MailingAddress']);

/** `Name: { FirstName, LastName }`; in an export `Address: { city }`. */
function fieldsOf(record: unknown): Map<string, Scalar> {
  const values = new Map<string, Scalar>();
  const entries = isObject(record) ? Object.entries(record).filter(([name]) => name !== 'ChangeEventHeader') : [];
  for (const [name, value] of entries) {
    if (isScalar(value)) values.set(name, value);
    if (!isObject(value) || name === 'attributes') continue;
    for (const [inner, each] of Object.entries(value)) {
      if (!isScalar(each)) continue;
      values.set(`${name}.${inner}`, each);
      const own = inner.charAt(0).toUpperCase() + inner.slice(1);
      if (compound.has(name) && !values.has(own)) values.set(own, each);
    }
  }
  return values;
}
