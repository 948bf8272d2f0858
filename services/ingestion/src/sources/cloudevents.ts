import { isExternalId, LeadInput, MAX_EXTERNAL_ID } from '@fairlead/decisions';
import { parseJson } from '@fairlead/platform';
import type { IncomingHttpHeaders } from 'node:http';
import type { RawRow } from '../intake/read-body.js';
import type { Activity } from '../intake/rows.js';
import { readRow } from './json.js';
import { at, flatten, isObject, isoTime, isScalar, moment, number, text } from './json-value.js';
import { type Arrival, type Delivery, type ReaderOptions, type SourceFormat, unusable } from './source-format.js';

export const CLOUDEVENT = 'application/cloudevents+json';
export const CLOUDEVENTS = 'application/cloudevents-batch+json';

/** CloudEvents 1.0: structured, in batches, or binary (attributes in headers, JSON data as the body). */
export const cloudevents: SourceFormat = {
  verify: () => 'own-key',
  contentTypes: [CLOUDEVENT, CLOUDEVENTS],
  read: (body, delivery, options) => eventsOf(body, delivery).map((event) => readEvent(event, options)),
};

/** The events of a request, whichever way they are written. */
export function eventsOf(
  body: unknown,
  { contentType, headers }: Pick<Delivery, 'contentType' | 'headers'>,
): unknown[] {
  if (isBinary({ contentType, headers })) return [{ ...attributesOf(headers), data: body }];
  // A list of events under the type of one is what several senders do.
  return Array.isArray(body) ? (body as unknown[]) : [body];
}

/** The type says whether it is an event that stands in the body; headers count only where it does not. */
export function isBinary({ contentType, headers }: Pick<Delivery, 'contentType' | 'headers'>): boolean {
  return !contentType.startsWith('application/cloudevents') && headers['ce-specversion'] !== undefined;
}

function attributesOf(headers: IncomingHttpHeaders): Record<string, unknown> {
  const names = Object.keys(headers).filter((name) => name.startsWith('ce-'));
  return Object.fromEntries(names.map((name) => [name.slice(3), decoded(headers[name])]));
}

/** Headers hold ASCII; whatever else is percent-encoded. */
function decoded(value: string | string[] | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function readEvent(event: unknown, options: ReaderOptions): Arrival {
  const wrong = attributeErrors(event);
  if (wrong) return wrong;
  const [id, source, type] = [text(at(event, 'id')), text(at(event, 'source')), text(at(event, 'type')) ?? ''];
  return { ...readTyped(type, event, options), key: JSON.stringify([source, id]) };
}

function readTyped(type: string, event: unknown, options: ReaderOptions): Arrival {
  if (/(^|\.)activity(\.|$)/.test(type)) return readActivity(event, options);
  // A sender's types are its own to name, so that it is the data that tells whether there is a lead in it.
  return isAboutSomebody(dataOf(event), options) ? leadOf(event, options) : { kind: 'unknown', type, item: event };
}

/** By any of these there is somebody in it, whatever else is wrong. */
const whoOrWhere = ['externalId', 'email', 'phone', 'firstName', 'lastName', 'company', 'domain'] as const;

/**
 * Whether there is anything of a lead in it: somebody, or nothing but fields of ours. By a mapping, anything that it names. What
 * is no object at all is no event of another kind, but a lead written wrongly.
 */
function isAboutSomebody(data: unknown, { mapping }: Pick<ReaderOptions, 'mapping'>): boolean {
  if (!isObject(data)) return true;
  if (mapping) return [...flatten(data).keys()].some((name) => Object.hasOwn(mapping.columns, name));
  const names = Object.keys(data);
  const isOurs = names.length > 0 && names.every((name) => Object.hasOwn(LeadInput.properties, name));
  return isOurs || whoOrWhere.some((name) => Object.hasOwn(data, name));
}

function attributeErrors(event: unknown): Arrival | undefined {
  if (!isObject(event)) return unusable('event', 'type', 'A CloudEvent must be a JSON object.');
  if (event['specversion'] !== '1.0') return unusable('specversion', 'version', 'Must be 1.0.');
  const missing = ['id', 'source', 'type'].find((name) => typeof event[name] !== 'string' || event[name] === '');
  return missing === undefined ? undefined : unusable(missing, 'required', `A CloudEvent needs ${missing}, as a text.`);
}

/** Rows that are events, as rows that are the leads in them. */
export function readEvents(
  rows: readonly RawRow[],
  given: Pick<Delivery, 'contentType' | 'headers'> & Pick<ReaderOptions, 'mapping'>,
): { readonly isOne: boolean; readonly rows: readonly RawRow[] } {
  if (isBinary(given)) {
    // One event, whatever its data is: a list of leads is not a lead.
    const text = rows[0]?.text ?? '';
    const data = rows.length === 1 ? rows[0]?.value : rows.map(({ value }) => value);
    return { isOne: true, rows: [rowOf({ ...attributesOf(given.headers), data }, text, given)] };
  }
  const isBatch = given.contentType === CLOUDEVENTS || rows.length !== 1;
  return { isOne: !isBatch, rows: rows.map(({ value, text }) => rowOf(value, text, given)) };
}

function rowOf(event: unknown, text: RawRow['text'], given: Pick<ReaderOptions, 'mapping'>): RawRow {
  const arrival = leadOf(event, given);
  if (arrival.kind === 'lead') return { value: arrival.lead, text };
  return { errors: arrival.kind === 'unusable' ? arrival.errors : [], text };
}

/** The lead in an event's data. What the data does not say, the event does: when it happened, and whom it is about. */
export function leadOf(event: unknown, options: Pick<ReaderOptions, 'mapping'>): Arrival {
  const wrong = attributeErrors(event);
  if (wrong) return wrong;
  const row = readRow(dataOf(event), options);
  if (row.kind !== 'lead') return row;
  const occurredAt = row.lead['occurredAt'] ?? isoTime(moment(at(event, 'time')));
  const externalId = row.lead['externalId'] ?? idOf(event);
  return {
    kind: 'lead',
    lead: { ...row.lead, ...(externalId != null && { externalId }), ...(occurredAt != null && { occurredAt }) },
  };
}

function dataOf(event: unknown): unknown {
  const [data, base64] = [at(event, 'data'), at(event, 'data_base64')];
  if (data !== undefined || typeof base64 !== 'string') return data;
  try {
    return parseJson(Buffer.from(base64, 'base64'), { exactIntegers: true });
  } catch {
    return undefined;
  }
}

/** Its subject, else its id: the same event that is sent again is then the same lead. */
function idOf(event: unknown): string | undefined {
  const usable = (id: string | undefined) => id !== undefined && id.length <= MAX_EXTERNAL_ID && isExternalId(id);
  return [text(at(event, 'subject')), text(at(event, 'id'))].find(usable);
}

/** Data of `….activity…`: `{ who: { email }, activity, adds, sets }`, which is what somebody did and no lead. */
function readActivity(event: unknown, { now }: ReaderOptions): Activity | Extract<Arrival, { kind: 'unusable' }> {
  const data = dataOf(event);
  const who = peopleOf(at(data, 'who'));
  const activity = text(at(data, 'activity'));
  if (Object.keys(who).length === 0) return unusable('who', 'required', 'Whose it is: externalId, email or phone.');
  if (activity === undefined) return unusable('activity', 'required', 'What was done.');
  return {
    kind: 'activity',
    who,
    activity,
    adds: valuesOf(at(data, 'adds'), (value) => number(value)),
    sets: valuesOf(at(data, 'sets'), (value) => (isScalar(value) && typeof value !== 'boolean' ? value : undefined)),
    occurredAt: moment(at(event, 'time')) ?? now,
  };
}

function peopleOf(value: unknown): Activity['who'] {
  const names = ['externalId', 'email', 'phone'] as const;
  return Object.fromEntries(
    names.flatMap((name) => (text(at(value, name)) === undefined ? [] : [[name, text(at(value, name))]])),
  );
}

function valuesOf<T>(value: unknown, read: (each: unknown) => T | undefined): Record<string, T> {
  const values: Record<string, T> = {};
  for (const [name, each] of isObject(value) ? Object.entries(value) : []) {
    const known = read(each);
    if (known !== undefined) values[name] = known;
  }
  return values;
}
