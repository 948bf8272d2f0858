import {
  applyMapping,
  type FieldError,
  isExternalId,
  type LeadInput,
  type Mapping,
  MAX_EXTERNAL_ID,
  normaliseActivity,
  normaliseLead,
} from '@fairlead/decisions';
import type { PersonalData } from '@fairlead/personal-data';
import { randomUUID } from 'node:crypto';
import type { Source } from '../store/sources.store.js';
import { contactKeyOf } from './contact-keys.js';
import { hashedKeys } from './hashed-keys.js';
import { nearKeysOf } from './near-keys.js';
import type { RawRow } from './read-body.js';
import type { PreparedRow } from './rows.js';

export interface Preparation {
  /** The source that all rows are of; undefined: each row names its own. */
  readonly source: Source | undefined;
  readonly findSource: (id: string) => Promise<Source | undefined>;
  /** For rows that are objects in somebody else's words. */
  readonly mapping: Mapping | undefined;
  readonly strict: boolean;
  readonly personalData: PersonalData;
  readonly now: number;
  /** The id of a lead that is new, where it must be the same when the row is prepared again. */
  readonly idOf?: (index: number) => string;
}

/** Understands rows, without regard to whether they are known already. */
export async function prepareRows(
  rows: readonly RawRow[],
  firstIndex: number,
  preparation: Preparation,
): Promise<PreparedRow[]> {
  const prepared: PreparedRow[] = [];
  for (const [place, row] of rows.entries()) prepared.push(await prepareRow(row, firstIndex + place, preparation));
  return prepared;
}

async function prepareRow(row: RawRow, index: number, given: Preparation): Promise<PreparedRow> {
  const leadId = given.idOf?.(index) ?? randomUUID();
  const refuse = (errors: readonly FieldError[], sourceId?: string, value?: unknown): PreparedRow => ({
    ...{ kind: 'unusable', index, leadId, sourceId, externalId: externalIdOf(value), errors },
  });
  if (row.errors) return refuse(row.errors, given.source?.id);
  if (row.activity && given.source) {
    const read = normaliseActivity(row.activity, { sourceId: given.source.id, now: given.now });
    if (!read.ok) return refuse(read.errors, given.source.id, row.activity.who);
    const { sourceId, externalId, activity, doing } = read.activity;
    const keys = hashedKeys(read.activity, given.personalData);
    const { agrees } = row.activity;
    const said = agrees === undefined ? {} : { agrees };
    return { kind: 'activity', index, leadId, sourceId, externalId, activity, doing, ...said, keys };
  }

  const mapped = given.mapping && isObject(row.value) ? applyMapping(row.value, given.mapping, given) : undefined;
  if (mapped && !mapped.ok) return refuse(mapped.errors, given.source?.id);
  const value = mapped ? mapped.lead : row.value;

  const source = given.source ?? (await sourceNamedIn(value, given.findSource));
  if (Array.isArray(source)) return refuse(source);
  const lead = normaliseLead(value, { sourceId: source.id, now: given.now, ...defaultsOf(source) });
  if (!lead.ok) return refuse(lead.errors, source.id, value);
  const keys = hashedKeys(lead.lead, given.personalData);
  const contactKey = contactKeyOf(lead.lead.contact, keys, given.personalData);
  const near = nearKeysOf(lead.lead, keys, given.personalData);
  return { kind: 'lead', index, leadId, lead: lead.lead, keys, contactKey, near };
}

function defaultsOf({ defaults }: Source): { defaults?: LeadInput } {
  return defaults ? { defaults } : {};
}

async function sourceNamedIn(value: unknown, find: Preparation['findSource']): Promise<Source | FieldError[]> {
  const id = isObject(value) ? value['source'] : undefined;
  if (typeof id !== 'string' || id.trim() === '') {
    const detail = 'Where it comes from must be said: by ?source=, by the key, or in the lead itself.';
    return [{ field: 'source', rule: 'required', detail }];
  }
  const source = isSourceId(id.trim()) ? await find(id.trim()) : undefined;
  const detail = 'There is no such source; PUT /v1/sources/{id} makes one.';
  return source ?? [{ field: 'source', rule: 'unknown-source', detail }];
}

/** Letters, digits, dots, hyphens and underscores, as in the events. */
export const SOURCE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export function isSourceId(id: string): boolean {
  return SOURCE_ID.test(id);
}

/** So that its source recognises what was rejected; only if it is an id that could have been taken. */
function externalIdOf(value: unknown): string | undefined {
  const id = isObject(value) ? value['externalId'] : undefined;
  if (typeof id !== 'string' || id.length > MAX_EXTERNAL_ID) return undefined;
  return isExternalId(id.trim()) ? id.trim() : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
