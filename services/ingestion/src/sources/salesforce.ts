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
import { type Arrival, type ReaderOptions, type SourceFormat, unusable } from './source-format.js';

const known: KnownNames = {
  firstName: ['FirstName'],
  lastName: ['LastName'],
  email: ['Email'],
  phone: ['Phone', 'MobilePhone'],
  company: ['Company'],
  domain: ['Website'],
  country: ['CountryCode', 'Country', 'MailingCountryCode', 'MailingCountry'],
  region: ['State', 'MailingState'],
  city: ['City', 'MailingCity'],
  industry: ['Industry'],
  employees: ['NumberOfEmployees'],
  revenue: ['AnnualRevenue'],
  message: ['Description'],
  'attributes.jobTitle': ['Title'],
  'attributes.leadSource': ['LeadSource'],
  'attributes.rating': ['Rating'],
};
/** Fields that can be asked for; the rest of the names are what compound fields hold. */
const asked = namesOf(known, undefined).filter((name) => !/^Mailing|Code$/.test(name));

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
    const records = at(body, 'records');
    const list = Array.isArray(records) ? items(records) : Array.isArray(body) ? (body as unknown[]) : [body];
    return list.flatMap((item) => readItem(item, options));
  },
  fetching: {
    batch: 200,
    request: (references, { baseUrl, mapping }) => {
      const fields = [
        ...new Set(['Id', 'CreatedDate', 'HasOptedOutOfEmail', ...asked, ...Object.keys(mapping?.columns ?? {})]),
      ];
      const query = `ids=${references.map(encodeURIComponent).join(',')}&fields=${fields.map(encodeURIComponent).join(',')}`;
      return { method: 'GET', url: `${baseUrl}/services/data/v61.0/composite/sobjects/Lead?${query}` };
    },
    read: (answer, options) =>
      new Map(
        items(answer).flatMap((record): [string, Arrival][] => {
          const id = reference(at(record, 'Id'));
          return id === undefined ? [] : [[id, readRecord(id, record, at(record, 'CreatedDate'), options)]];
        }),
      ),
  },
};

function readItem(item: unknown, options: ReaderOptions): Arrival[] {
  if (!isObject(item)) return [unusable('event', 'type', 'Must be a JSON object.')];
  // The envelope is another one with each way of subscribing.
  const payload = at(item, 'data', 'payload') ?? at(item, 'detail', 'payload') ?? at(item, 'payload') ?? item;
  const header = at(payload, 'ChangeEventHeader') ?? at(item, 'detail', 'ChangeEventHeader');
  if (isObject(header)) return readChange(item, payload, header, options);
  const type = text(at(payload, 'attributes', 'type'));
  if (type !== undefined) {
    const id = externalId(at(payload, 'Id'));
    if (!people.has(type)) return [{ kind: 'unknown', type: `${type} record`, item }];
    if (id === undefined) return [unusable('Id', 'required', 'The record’s id.')];
    return [readRecord(id, payload, at(payload, 'CreatedDate'), options)];
  }
  if (options.mapping) return [readRow(payload, options)];
  if (payload === item) return [unusable('ChangeEventHeader', 'required', 'Neither a change event nor a record.')];
  return [{ kind: 'unknown', type: 'platform event', item }];
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

/** Names and addresses are compound: `Name: { FirstName, LastName }`. */
function fieldsOf(record: unknown): Map<string, Scalar> {
  const values = new Map<string, Scalar>();
  const entries = isObject(record) ? Object.entries(record).filter(([name]) => name !== 'ChangeEventHeader') : [];
  for (const [name, value] of entries) {
    if (isScalar(value)) values.set(name, value);
    if (!isObject(value) || name === 'attributes') continue;
    for (const [inner, each] of Object.entries(value)) {
      if (!isScalar(each)) continue;
      values.set(`${name}.${inner}`, each);
      if (!values.has(inner)) values.set(inner, each);
    }
  }
  return values;
}
