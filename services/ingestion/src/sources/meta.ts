import { codeOf, graphTrouble } from '../feedback/graph-trouble.js';
import { fillLead, usualNames, withAnswers } from './fill-lead.js';
import { at, externalId, isObject, isoTime, items, moment, reference, type Scalar, text } from './json-value.js';
import { hmacSha256, isSame, signedByOneOf } from './signature.js';
import { type Arrival, type FetchTrouble, type ReaderOptions, type SourceFormat, unusable } from './source-format.js';

/**
 * Meta Lead Ads: ids only; the leads are asked for. `X-Hub-Signature-256: sha256=` and the HMAC in hex, over the body, with
 * the secret of the app.
 */
export const meta: SourceFormat = {
  success: 200,
  verify: ({ headers, body }, { secrets }) =>
    signedByOneOf(secrets, headers['x-hub-signature-256'], (secret) => `sha256=${hmacSha256(secret, 'hex', body)}`),
  challenge: (query, { secrets, verifyToken }) => {
    const [given, challenge] = [query['hub.verify_token'], query['hub.challenge']];
    if (query['hub.mode'] !== 'subscribe' || typeof given !== 'string' || typeof challenge !== 'string')
      return undefined;
    const expected = verifyToken === undefined ? secrets : [verifyToken];
    if (expected.filter((token) => token !== '' && isSame(given, token)).length === 0) return undefined;
    // What is repeated to whoever asks must not be anything that a browser could take for more than a word.
    return /^[A-Za-z0-9_.-]{1,256}$/.test(challenge) ? { contentType: 'text/plain', body: challenge } : undefined;
  },
  read: (body) => {
    if (!isObject(body)) return [unusable('body', 'type', 'Must be an object.')];
    const object = text(body['object']);
    if (object === undefined) return [unusable('object', 'required', 'What it is about is not said.')];
    if (!Array.isArray(body['entry'])) return [unusable('entry', 'required', 'What has changed is missing.')];
    return items(body['entry']).flatMap((entry) => {
      // Of a page that also hears of messages, some entries are about those.
      if (at(entry, 'changes') === undefined && at(entry, 'messaging') !== undefined)
        return [{ kind: 'unknown', type: `${object}.messaging`, item: entry }];
      if (!Array.isArray(at(entry, 'changes')))
        return [unusable('entry.changes', 'required', 'What has changed is missing.')];
      return items(at(entry, 'changes')).map((change) => readChange(object, change));
    });
  },
  fetching: {
    batch: 50,
    request: (references, { baseUrl, isBare }) => {
      const fields = [...neededFields, ...(isBare ? [] : otherFields)].join(',');
      return { method: 'GET', url: `${baseUrl}/?ids=${references.join(',')}&fields=${fields}` };
    },
    trouble: troubleOf,
    read: (answer, options) =>
      new Map(
        (isObject(answer) ? Object.entries(answer) : []).flatMap(([id, lead]): [string, Arrival][] =>
          isObject(lead) ? [[id, readLead(id, lead, options)]] : [],
        ),
      ),
  },
};

const neededFields = ['id', 'created_time', 'field_data'];
/** Of these a version of the API, or a form, may not know one, and then refuses all. */
const otherFields = [
  ...['ad_id', 'ad_name', 'adset_id', 'adset_name', 'campaign_id', 'campaign_name', 'form_id'],
  ...['platform', 'is_organic', 'custom_disclaimer_responses'],
];

/** Something in the request is not as it should be; what, the message says. */
const INVALID_PARAMETER = 100;

function troubleOf(answer: unknown): FetchTrouble | undefined {
  const trouble = graphTrouble(answer);
  const error = at(answer, 'error');
  const code = codeOf(error);
  if (trouble || code === undefined) return trouble;
  // "(#100) Tried accessing nonexisting field (adgroup_id) on node type (UserLeadGenInfo)"
  const isAboutField = code === INVALID_PARAMETER && /\bfield\b/i.test(text(at(error, 'message')) ?? '');
  if (isAboutField) return { kind: 'too-many-fields', why: 'field-not-found' };
  // 100 with the subcode 33, and 803: one of them is not there, not yet, or not for this token.
  return { kind: 'refused', why: `graph-${code}` };
}

function readChange(object: string, change: unknown): Arrival {
  const field = text(at(change, 'field'));
  if (field === undefined) return unusable('changes.field', 'required', 'What has changed is not said.');
  if (object !== 'page' || field !== 'leadgen') return { kind: 'unknown', type: `${object}.${field}`, item: change };
  const id = reference(at(change, 'value', 'leadgen_id'));
  if (id === undefined) return unusable('changes.value.leadgen_id', 'required', 'The lead’s id.');
  // The button in the dashboard sends ids of fours.
  if (/^4{9,}$/.test(id)) return { kind: 'test', key: JSON.stringify(change) };
  return { kind: 'reference', reference: id, key: id };
}

function readLead(id: string, lead: unknown, { mapping }: ReaderOptions): Arrival {
  const values = new Map<string, Scalar>();
  for (const field of items(at(lead, 'field_data'))) {
    const name = text(at(field, 'name'));
    const said = items(at(field, 'values')).flatMap((value) => text(value) ?? []);
    if (name !== undefined && said.length > 0) values.set(name, said.join(', '));
  }
  // Boxes below the form, each by its key: whether one of them is the consent, the mapping says.
  for (const box of items(at(lead, 'custom_disclaimer_responses'))) {
    const key = text(at(box, 'checkbox_key'));
    if (key !== undefined && !values.has(key)) values.set(key, isTicked(at(box, 'is_checked')) ? 'yes' : 'no');
  }
  // Meta's tool for testing fills every field with the same words.
  if ([...values.values()].some((value) => String(value).startsWith('<test lead: dummy data for')))
    return { kind: 'test' };
  const filled = fillLead(values, usualNames(values.keys()), mapping);
  if (!filled.ok) return { kind: 'unusable', errors: filled.errors };
  const occurredAt = isoTime(moment(at(lead, 'created_time')));
  return {
    kind: 'lead',
    lead: {
      externalId: externalId(id),
      ...(occurredAt !== undefined && { occurredAt }),
      ...withAnswers(
        filled.lead,
        filled.left.map((name) => [name, values.get(name) ?? '']),
      ),
      attributes: { ...cameBy(lead), ...(filled.lead['attributes'] as object | undefined) },
    },
  };
}

/** "1" or nothing, true or false. */
function isTicked(value: unknown): boolean {
  return value === true || ['1', 'true'].includes(text(value) ?? '');
}

const ids = { formId: 'form_id', adId: 'ad_id', adSetId: 'adset_id', campaignId: 'campaign_id' };
const names = { campaign: 'campaign_name', adSet: 'adset_name', ad: 'ad_name', platform: 'platform' };
/** Of a name, so much may stand in an attribute. */
const MAX_NAME = 200;

/** By which campaign, set and ad, and where it was seen. */
function cameBy(lead: unknown): Record<string, string | boolean> {
  const found = new Map<string, string | boolean>();
  for (const [ours, theirs] of Object.entries(ids)) {
    const id = reference(at(lead, theirs));
    if (id !== undefined) found.set(ours, id);
  }
  for (const [ours, theirs] of Object.entries(names)) {
    const name = text(at(lead, theirs));
    if (name !== undefined) found.set(ours, name.slice(0, MAX_NAME).toWellFormed());
  }
  const isOrganic = at(lead, 'is_organic');
  if (typeof isOrganic === 'boolean') found.set('organic', isOrganic);
  return Object.fromEntries(found);
}
