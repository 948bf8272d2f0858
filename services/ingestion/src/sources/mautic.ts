import { shownName } from '@fairlead/decisions';
import type { Activity } from '../intake/rows.js';
import { bothNames, fillLead, type KnownNames, usualNames, withAnswers } from './fill-lead.js';
import { at, externalId, isObject, isoTime, isScalar, items, moment, number, type Scalar, text } from './json-value.js';
import { hmacSha256, signedByOneOf } from './signature.js';
import { type Arrival, type ReaderOptions, type SourceFormat, unusable } from './source-format.js';

const known: KnownNames = {
  firstName: ['firstname'],
  lastName: ['lastname'],
  email: ['email'],
  phone: ['phone', 'mobile'],
  company: ['company', 'companyname'],
  domain: ['website'],
  country: ['country'],
  region: ['state'],
  city: ['city'],
  industry: ['companyindustry'],
  employees: ['companynumber_of_employees'],
  revenue: ['companyannual_revenue'],
  'attributes.jobTitle': ['position'],
};

/**
 * Mautic: several triggers in one body, each with a list of what happened. `Webhook-Signature` is the HMAC in base64, over
 * the body. What is an object elsewhere is `[]` where it is empty, since PHP makes no difference.
 */
export const mautic: SourceFormat = {
  verify: ({ headers, body }, { secrets }) =>
    signedByOneOf(secrets, headers['webhook-signature'], (secret) => hmacSha256(secret, 'base64', body)),
  read: (body, _, options) => {
    if (!isObject(body))
      return Array.isArray(body) && body.length === 0 ? [] : [unusable('body', 'type', 'Must be an object.')];
    return Object.entries(body).flatMap(([trigger, happened]) => {
      // The time of the batch stands beside its triggers.
      if (trigger === 'timestamp') return [];
      return (Array.isArray(happened) ? happened : [happened]).map((item) => ({
        // What could not be delivered Mautic sends again together with what has come since.
        key: JSON.stringify([trigger, item]),
        ...readItem(trigger, item, options),
      }));
    });
  },
};

function readItem(trigger: string, item: unknown, options: ReaderOptions): Arrival {
  if (!isObject(item)) return unusable(shownName(trigger), 'type', 'What happened must be a JSON object.');
  switch (trigger) {
    case 'mautic.lead_post_save_new':
    case 'mautic.lead_post_save_update':
      return readContact(trigger, item, options);
    case 'mautic.form_on_submit':
      return readSubmission(item, options);
    case 'mautic.lead_points_change':
      return readPoints(item, options);
    case 'mautic.email_on_open': {
      const stat = item['stat'];
      const opened = { activity: 'email-opened', adds: { emailOpens: 1 }, happened: at(stat, 'lastOpened') };
      // Of somebody who is no contact any more there is only the address that it was sent to.
      return readActivity(item, at(stat, 'lead'), { ...opened, sentTo: text(at(stat, 'emailAddress')) }, options);
    }
    case 'mautic.page_on_hit': {
      const hit = item['hit'];
      const visited = { activity: 'page-visited', adds: { visits: 1 }, happened: at(hit, 'dateHit') };
      return readActivity(item, at(hit, 'lead'), visited, options);
    }
    case 'mautic.lead_channel_subscription_changed':
      return readSubscription(trigger, item, options);
    default:
      return { kind: 'unknown', type: trigger, item };
  }
}

/** Whoever unsubscribes, or is taken off by somebody, agrees no more. That a mail bounced is no word of theirs; nor is the way back. */
function readSubscription(trigger: string, item: unknown, options: ReaderOptions): Arrival {
  const status = text(at(item, 'new_status'));
  if (at(item, 'channel') !== 'email' || (status !== 'unsubscribed' && status !== 'manual'))
    return { kind: 'unknown', type: trigger, item };
  const contact = at(item, 'contact') ?? at(item, 'lead');
  return readActivity(item, contact, { activity: 'unsubscribed', agrees: false }, options);
}

function readContact(trigger: string, item: unknown, { mapping }: ReaderOptions): Arrival {
  const contact = at(item, 'contact') ?? at(item, 'lead');
  if (!isObject(contact)) return unusable('contact', 'required', 'The contact is missing.');
  const values = fieldsOf(contact);
  const filled = fillLead(values, known, mapping);
  if (!filled.ok) return { kind: 'unusable', errors: filled.errors };
  // Mautic keeps a contact for every visitor. One of whom nothing is known yet is nobody who could be called.
  const isSomebody = ['email', 'phone', 'lastName', 'firstName', 'company'].some((field) => filled.lead[field] != null);
  if (!isSomebody) return { kind: 'unknown', type: `${trigger} of a visitor`, item };
  return { kind: 'lead', lead: { ...ofContact(contact, at(item, 'timestamp')), ...filled.lead } };
}

function readSubmission(item: unknown, { mapping }: ReaderOptions): Arrival {
  const submission = at(item, 'submission');
  if (!isObject(submission)) return unusable('submission', 'required', 'The submission is missing.');
  const contact = submission['lead'] ?? submission['contact'];
  const answers = answersOf(submission['results']);
  // What somebody has just written is newer than what is known of the contact.
  const values = new Map([...fieldsOf(contact), ...answers]);
  const filled = fillLead(values, bothNames(usualNames(answers.keys()), known), mapping);
  if (!filled.ok) return { kind: 'unusable', errors: filled.errors };
  const left = filled.left.flatMap((name): [string, Scalar][] => {
    const answer = answers.get(name);
    return answer === undefined ? [] : [[name, answer]];
  });
  const form = text(at(submission, 'form', 'name'));
  const id = text(submission['id']);
  return {
    kind: 'lead',
    ...(id !== undefined && { key: `submission/${id}` }),
    lead: {
      ...ofContact(contact, submission['dateSubmitted'] ?? at(item, 'timestamp')),
      ...withAnswers(filled.lead, left),
      ...(form !== undefined && {
        attributes: { form: form.slice(0, 200).toWellFormed(), ...attributesOf(filled.lead) },
      }),
    },
  };
}

/** Those that say something; of several boxes that were ticked, all. */
function answersOf(results: unknown): Map<string, Scalar> {
  const answers = new Map<string, Scalar>();
  for (const [name, answer] of isObject(results) ? Object.entries(results) : []) {
    const said = [answer].flat().filter((each): each is Scalar => isScalar(each) && String(each).trim() !== '');
    const [first] = said;
    if (first === undefined) continue;
    const words = said.map((each) => unescaped(String(each))).join(', ');
    answers.set(name, said.length > 1 || typeof first === 'string' ? words : first);
  }
  return answers;
}

function attributesOf(lead: Record<string, unknown>): Record<string, unknown> {
  return isObject(lead['attributes']) ? lead['attributes'] : {};
}

function readPoints(item: unknown, options: ReaderOptions): Arrival {
  const contact = at(item, 'contact') ?? at(item, 'lead');
  const points = number(at(item, 'points', 'new_points') ?? at(contact, 'points'));
  if (points === undefined) return unusable('points', 'required', 'How many there are now.');
  return readActivity(item, contact, { activity: 'points-changed', sets: { points } }, options);
}

function readActivity(
  item: unknown,
  contact: unknown,
  what: Pick<Activity, 'activity'> &
    Partial<Pick<Activity, 'adds' | 'sets' | 'agrees'>> & {
      readonly happened?: unknown;
      readonly sentTo?: string | undefined;
    },
  { now }: ReaderOptions,
): Arrival {
  const id = externalId(at(contact, 'id'));
  const values = fieldsOf(contact);
  const email = text(values.get('email')) ?? what.sentTo;
  const phone = text(values.get('phone')) ?? text(values.get('mobile'));
  if ((id ?? email ?? phone) === undefined) return unusable('lead', 'required', 'Whose it is.');
  return {
    kind: 'activity',
    who: {
      ...(id !== undefined && { externalId: id }),
      ...(email !== undefined && { email }),
      ...(phone !== undefined && { phone }),
    },
    activity: what.activity,
    adds: what.adds ?? {},
    sets: what.sets ?? {},
    ...(what.agrees !== undefined && { agrees: what.agrees }),
    occurredAt: moment(what.happened) ?? moment(at(item, 'timestamp')) ?? now,
  };
}

/** Why somebody is not to be written to; also 3, by hand. */
const [CONTACTABLE, UNSUBSCRIBED, BOUNCED] = [0, 1, 2];
/** A mail that could not be delivered says nothing of whether somebody agrees. */
const noRefusals: readonly number[] = [CONTACTABLE, BOUNCED];

function ofContact(contact: unknown, happened: unknown): Record<string, unknown> {
  const id = externalId(at(contact, 'id'));
  const points = number(at(contact, 'points'));
  const occurredAt = isoTime(
    moment(happened) ?? moment(at(contact, 'dateModified')) ?? moment(at(contact, 'dateAdded')),
  );
  const refused = items(at(contact, 'doNotContact')).some(
    (each) => at(each, 'channel') === 'email' && !noRefusals.includes(number(at(each, 'reason')) ?? UNSUBSCRIBED),
  );
  return {
    ...(id !== undefined && { externalId: id }),
    ...(points !== undefined && { engagement: { points } }),
    ...(occurredAt !== undefined && { occurredAt }),
    ...(refused && { consent: false }),
  };
}

/** `fields.core.email.value`, in groups, each of which may be an empty list. */
function fieldsOf(contact: unknown): Map<string, Scalar> {
  const values = new Map<string, Scalar>();
  const fields = at(contact, 'fields');
  for (const group of isObject(fields) ? Object.values(fields) : []) {
    for (const [alias, field] of isObject(group) ? Object.entries(group) : []) {
      const value = isObject(field) ? field['value'] : field;
      if (isScalar(value)) values.set(alias, typeof value === 'string' ? unescaped(value) : value);
    }
  }
  return values;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Mautic stores what people typed as it is written in HTML. */
function unescaped(value: string): string {
  return value.replace(/&(?:#(\d{2,5})|(amp|lt|gt|quot|apos));/g, (whole, code: string | undefined, name: string) => {
    if (code === undefined) return entities[name] ?? whole;
    return Number(code) >= 32 && Number(code) < 0xd800 ? String.fromCharCode(Number(code)) : whole;
  });
}
