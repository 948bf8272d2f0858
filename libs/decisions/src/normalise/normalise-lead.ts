import type { Consent, Facts, Reachable } from '@fairlead/events';
import { readCountry } from './country.js';
import { readDomain } from './domain-name.js';
import { type Email, readEmail } from './email.js';
import { type FieldError, shownName } from './field-error.js';
import {
  fitsOneLead,
  type LeadInput,
  MAX_CONSENT_TEXT,
  MAX_FREE_BYTES,
  MAX_FREE_TEXT,
  MAX_FREE_VALUES,
} from './lead-input.js';
import { isDisposableDomain, isFreeDomain } from './mail-domains.js';
import { isFreeName } from './mapping.js';
import { readMoment } from './moment.js';
import { readPhone } from './phone.js';
import { readQuantity } from './quantity.js';
import { Reading } from './reading.js';
import { readRegion } from './region.js';
import { checkShape } from './shape.js';
import { cleanLine, hasHiddenCharacters } from './text.js';

/** Personal data: encrypted before it goes anywhere. */
export interface Contact {
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  /** E.164 */
  readonly phone?: string;
  readonly message?: string;
}

export interface NormalisedLead {
  readonly sourceId: string;
  readonly externalId?: string;
  /** Empty for a lead that came without. */
  readonly contact: Contact;
  readonly reachable: Reachable;
  readonly facts: Facts;
  readonly consent?: Consent;
  /** Milliseconds since the epoch. */
  readonly occurredAt: number;
}

export type Normalisation =
  { readonly ok: true; readonly lead: NormalisedLead } | { readonly ok: false; readonly errors: readonly FieldError[] };

export interface NormaliseOptions {
  /** The source that the request or the key stands for; a lead may name it too, but no other. */
  readonly sourceId: string;
  /** What the source says of leads that do not say it themselves. */
  readonly defaults?: LeadInput;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A clock may be wrong by a day (a date without a time zone); more, and "ago" would mean nothing. */
export const FUTURE_TOLERANCE_MS = 86_400_000;
/** More people than any employer has. */
const MOST_EMPLOYEES = 10_000_000;

/**
 * Understands a lead as it was sent, or says everything that is wrong with it.
 * @returns facts in the form in which decisions compare them, contact data apart; or all errors, without any values
 */
export function normaliseLead(raw: unknown, { sourceId, defaults, now }: NormaliseOptions): Normalisation {
  const shape = checkShape(raw);
  if (!shape.ok) return shape;

  const reading = new Reading(defaults ? withDefaults(shape.input, defaults) : shape.input);
  const lead = readLead(reading, sourceId, now);
  return reading.errors.length > 0 ? { ok: false, errors: reading.errors } : { ok: true, lead };
}

function withDefaults(input: LeadInput, defaults: LeadInput): LeadInput {
  const said = Object.entries(input).filter(([, value]) => value !== null && value !== '');
  const merged: LeadInput = { ...defaults, ...Object.fromEntries(said) };
  if (input.engagement && defaults.engagement) merged.engagement = { ...defaults.engagement, ...input.engagement };
  if (input.attributes && defaults.attributes) merged.attributes = { ...defaults.attributes, ...input.attributes };
  return merged;
}

function readLead(reading: Reading, sourceId: string, now: number): NormalisedLead {
  const named = reading.identifier('source');
  if (named !== undefined && named !== sourceId) {
    reading.wrong('source', 'other-source', 'The lead names another source than the request does.');
  }
  const externalId = readExternalId(reading);
  const place = readPlace(reading);
  const email = reading.understood('email', readEmail, 'email', 'Not an e-mail address that one could write to.');
  const phone = reading.understood(
    'phone',
    (text) => readPhone(text, place.country),
    'phone',
    'Not a phone number in use; where the country is not known it must begin with + and the country’s code.',
  );
  const lead: NormalisedLead = {
    sourceId,
    ...(externalId !== undefined && { externalId }),
    contact: present({
      firstName: reading.line('firstName'),
      lastName: reading.line('lastName'),
      email: email?.address,
      phone,
      message: reading.paragraphs('message'),
    }),
    reachable: { email: email !== undefined, phone: phone !== undefined },
    facts: readFacts(reading, place, email),
    ...present({ consent: readConsent(reading, now) }),
    occurredAt: readOccurredAt(reading, now),
  };
  const nameless = email === undefined && phone === undefined && externalId === undefined;
  if (nameless && reading.errors.length === 0) {
    reading.wrong('email', 'required', 'A lead needs an email, a phone, or its source’s externalId.');
  }
  return lead;
}

function readExternalId(reading: Reading): string | undefined {
  const externalId = reading.identifier('externalId');
  if (externalId === undefined || isExternalId(externalId)) return externalId;
  return reading.wrong('externalId', 'personal-data', 'Must not be an e-mail address.');
}

/** An id stands in the log in clear and for ever, where nobody could be forgotten: an address must not be one. */
export function isExternalId(text: string): boolean {
  return text.length > 0 && !text.includes('@') && !hasHiddenCharacters(text);
}

function readFacts(reading: Reading, place: Place, email: Email | undefined): Facts {
  const facts: Facts = {
    ...present({
      company: reading.line('company'),
      companyDomain: companyDomain(reading, email),
      ...place,
      city: reading.line('city'),
      industry: reading.line('industry'),
      employees: readCount(reading, 'employees', MOST_EMPLOYEES),
      revenue: readCount(reading, 'revenue', Number.MAX_SAFE_INTEGER),
      product: reading.line('product'),
      emailKind: email?.kind,
    }),
    engagement: freeValues<number | string>(reading, 'engagement'),
    attributes: freeValues<number | string | boolean>(reading, 'attributes'),
  };
  if (!fitsOneLead(facts)) {
    const detail = `engagement and attributes together are larger than ${MAX_FREE_BYTES} bytes.`;
    reading.wrong('attributes', 'too-large', detail);
  }
  return facts;
}

interface Place {
  country?: string;
  region?: string;
}

function readPlace(reading: Reading): Place {
  const notCountry = 'Not an ISO 3166-1 code and not the name of a country.';
  const country = reading.understood('country', readCountry, 'country', notCountry);
  const notRegion = country
    ? `Not an ISO 3166-2 code and not the name of a region of ${country}.`
    : 'Not an ISO 3166-2 code; a region’s name needs the country beside it.';
  const region = reading.understood('region', (text) => readRegion(text, country), 'region', notRegion);
  if (country !== undefined && region !== undefined && !region.startsWith(`${country}-`)) {
    reading.wrong('region', 'other-country', `The region is not in ${country}.`);
  }
  return present({ country: country ?? region?.slice(0, 2), region });
}

/** The one that was named, else that of the address; where anybody can have an address, there is no company. */
function companyDomain(reading: Reading, email: Email | undefined): string | undefined {
  const notDomain = 'Not a domain that somebody could have registered.';
  const named = reading.understood('domain', readDomain, 'domain', notDomain);
  if (named !== undefined && !isFreeDomain(named) && !isDisposableDomain(named)) return named;
  return email?.kind === 'free' || email?.kind === 'disposable' ? undefined : email?.registrable;
}

function readCount(reading: Reading, field: 'employees' | 'revenue', maximum: number): number | undefined {
  const written = reading.input[field];
  if (written == null || (typeof written === 'string' && written.trim() === '')) return undefined;
  const detail = `Not a number, nor a range such as 1,000-5,000, up to ${maximum}.`;
  return readQuantity(written, maximum) ?? reading.wrong(field, 'quantity', detail);
}

const YES: ReadonlySet<string> = new Set(['true', 'yes', 'y', '1']);
const NO: ReadonlySet<string> = new Set(['false', 'no', 'n', '0']);

function readConsent(reading: Reading, now: number): Consent | undefined {
  const { consent } = reading.input;
  if (consent == null || consent === '') return undefined;
  if (typeof consent === 'boolean') return { given: consent };
  if (typeof consent === 'string') {
    const word = consent.trim().toLowerCase();
    if (YES.has(word)) return { given: true };
    return NO.has(word) ? { given: false } : reading.wrong('consent', 'consent', 'Must be yes or no.');
  }
  const at = consent.at == null || consent.at === '' ? undefined : readMoment(consent.at);
  if (consent.at && (at === undefined || at > now + FUTURE_TOLERANCE_MS)) {
    reading.wrong('consent.at', 'moment', 'Must be an RFC 3339 time, or a date as YYYY-MM-DD, and not in the future.');
  }
  const text = reading.short('consent.text', cleanLine(consent.text ?? ''), MAX_CONSENT_TEXT);
  return { given: consent.given, ...present({ at, text }) };
}

function readOccurredAt(reading: Reading, now: number): number {
  const detail = 'Must be an RFC 3339 time, or a date as YYYY-MM-DD.';
  const occurredAt = reading.understood('occurredAt', readMoment, 'moment', detail);
  if (occurredAt !== undefined && occurredAt > now + FUTURE_TOLERANCE_MS) {
    reading.wrong('occurredAt', 'future', 'Must not be in the future.');
  }
  return occurredAt ?? now;
}

function freeValues<T extends number | string | boolean>(
  reading: Reading,
  group: 'engagement' | 'attributes',
): Record<string, T> {
  const values = Object.entries(reading.input[group] ?? {}).flatMap(([name, value]): [string, T][] => {
    if (!isFreeName(name)) {
      reading.wrong(`${group}.${shownName(name)}`, 'name', 'Not a name: control characters, too long, or reserved.');
      return [];
    }
    if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      reading.wrong(`${group}.${shownName(name)}`, 'number', 'Beyond what every reader holds exactly (2^53 − 1).');
      return [];
    }
    const clean =
      typeof value === 'string' ? reading.short(`${group}.${shownName(name)}`, cleanLine(value), MAX_FREE_TEXT) : value;
    return clean == null ? [] : [[name, clean as T]];
  });
  // Counted here, because what the source says of its leads comes on top of what the lead says.
  if (values.length > MAX_FREE_VALUES)
    reading.wrong(group, 'too-many', `At most ${MAX_FREE_VALUES} of them, the source’s own included.`);
  return Object.fromEntries(values);
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the fields that are undefined: in an event a field is there or it is not. */
function present<T extends object>(fields: T): Present<T> {
  const there: Present<T> = {};
  for (const field of Object.keys(fields) as (keyof T)[]) {
    const value = fields[field];
    if (value !== undefined) there[field] = value as Exclude<T[keyof T], undefined>;
  }
  return there;
}
