import { parseJson } from '@fairlead/platform';
import { tellGoogleAds } from '../feedback/tell-google-ads.js';
import { fillLead, usualNames, withAnswers } from './fill-lead.js';
import { at, externalId, isObject, isoTime, items, moment, reference, type Scalar, text } from './json-value.js';
import { isSame } from './signature.js';
import { type Arrival, type ReaderOptions, type SourceFormat, unusable } from './source-format.js';

/** Google Ads lead forms: one lead. It does not sign; it sends along a key that the advertiser has chosen. */
export const googleAds: SourceFormat = {
  verify: ({ body }, { secrets }) => {
    const key = at(parsed(body), 'google_key');
    if (typeof key !== 'string' || key === '') return 'refused';
    return secrets.filter((secret) => isSame(key, secret)).length > 0 ? 'verified' : 'refused';
  },
  read: (body, _, options) => [readLead(body, options)],
};

/** What cannot be read holds no key. */
function parsed(body: Buffer): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}

function readLead(body: unknown, { mapping }: ReaderOptions): Arrival {
  if (!isObject(body)) return unusable('lead', 'type', 'A lead must be a JSON object.');
  const columns = body['user_column_data'];
  if (!Array.isArray(columns)) return unusable('user_column_data', 'required', 'What the lead has filled in.');
  const values = new Map<string, Scalar>();
  const titles = new Map<string, string>();
  for (const column of items(columns)) {
    const value = text(at(column, 'string_value'));
    // Older deliveries have the name for people only.
    const [id, name] = [text(at(column, 'column_id')), text(at(column, 'column_name'))];
    const own = id ?? name;
    if (value === undefined || own === undefined) continue;
    values.set(own, value);
    titles.set(own, name ?? own);
  }
  const filled = fillLead(values, usualNames(values.keys()), mapping);
  const id = externalId(body['lead_id']);
  const key = id === undefined ? {} : { key: id };
  if (!filled.ok) return { kind: 'unusable', errors: filled.errors, ...key };
  const answers = filled.left.map((name): [string, Scalar] => [titles.get(name) ?? name, values.get(name) ?? '']);
  const occurredAt = isoTime(moment(body['lead_submit_time']));
  const lead = {
    ...(id !== undefined && { externalId: id }),
    ...(occurredAt !== undefined && { occurredAt }),
    ...withAnswers(filled.lead, answers),
    attributes: { ...idsOf(body), ...(filled.lead['attributes'] as object | undefined) },
  };
  if (body['is_test'] === true) return { kind: 'test', lead, ...key };
  const clickId = text(body['gcl_id']);
  const isClick = clickId !== undefined && tellGoogleAds.ids.test(clickId);
  return { kind: 'lead', lead, ...key, ...(isClick && { clickId }) };
}

/** Which campaign it came by; 0 where it came by none. */
function idsOf(body: Readonly<Record<string, unknown>>): Record<string, string> {
  const names = {
    ...{ campaignId: 'campaign_id', adGroupId: 'adgroup_id', creativeId: 'creative_id', formId: 'form_id' },
    // Of Performance Max, which has no ad groups.
    assetGroupId: 'asset_group_id',
  };
  return Object.fromEntries(
    Object.entries(names).flatMap(([ours, theirs]) => {
      const id = reference(body[theirs]);
      return id === undefined || id === '0' ? [] : [[ours, id]];
    }),
  );
}
