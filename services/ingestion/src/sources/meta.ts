import { fillLead, usualNames, withAnswers } from './fill-lead.js';
import { at, externalId, isObject, isoTime, items, moment, reference, type Scalar, text } from './json-value.js';
import { hmacSha256, isSame, signedByOneOf } from './signature.js';
import { type Arrival, type ReaderOptions, type SourceFormat, unusable } from './source-format.js';

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
      if (!Array.isArray(at(entry, 'changes')))
        return [unusable('entry.changes', 'required', 'What has changed is missing.')];
      return items(at(entry, 'changes')).map((change) => readChange(object, change));
    });
  },
  fetching: {
    batch: 50,
    request: (references, { baseUrl }) => {
      const fields = 'id,created_time,ad_id,adgroup_id,campaign_id,form_id,field_data';
      return { method: 'GET', url: `${baseUrl}/?ids=${references.join(',')}&fields=${fields}` };
    },
    read: (answer, options) =>
      new Map(
        (isObject(answer) ? Object.entries(answer) : []).flatMap(([id, lead]): [string, Arrival][] =>
          isObject(lead) ? [[id, readLead(id, lead, options)]] : [],
        ),
      ),
  },
};

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
      attributes: { ...idsOf(lead), ...(filled.lead['attributes'] as object | undefined) },
    },
  };
}

function idsOf(lead: unknown): Record<string, string> {
  const names = { formId: 'form_id', adId: 'ad_id', campaignId: 'campaign_id' };
  return Object.fromEntries(
    Object.entries(names).flatMap(([ours, theirs]) => {
      const id = reference(at(lead, theirs));
      return id === undefined ? [] : [[ours, id]];
    }),
  );
}
