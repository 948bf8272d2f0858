import type { Doing } from '../identify/learn.js';
import { readEmail } from './email.js';
import { type FieldError, shownName } from './field-error.js';
import { MAX_EXTERNAL_ID, MAX_FREE_TEXT, MAX_FREE_VALUES } from './lead-input.js';
import { isFreeName } from './mapping.js';
import { isExternalId } from './normalise-lead.js';
import { readPhone } from './phone.js';
import { cleanLine } from './text.js';

/** Something that somebody did, as a marketing tool tells it. */
export interface ActivityInput {
  readonly who: { readonly externalId?: string; readonly email?: string; readonly phone?: string };
  readonly activity: string;
  readonly adds: Readonly<Record<string, number>>;
  readonly sets: Readonly<Record<string, number | string>>;
  /** Milliseconds since the epoch. */
  readonly occurredAt: number;
}

export interface NormalisedActivity {
  readonly sourceId: string;
  readonly externalId?: string;
  /** By what it may be known who did it: as in a lead, and nothing that cannot be read. */
  readonly contact: { readonly email?: string; readonly phone?: string };
  readonly activity: string;
  readonly doing: Doing;
}

export type ActivityNormalisation =
  | { readonly ok: true; readonly activity: NormalisedActivity }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

const ACTIVITY = /^[a-z][a-z0-9-]{0,62}$/;
/** As for leads. */
const FUTURE_TOLERANCE_MS = 86_400_000;

/**
 * Understands an activity. What would tell who did it and cannot be read is left out: nobody may be known by the rest, and then
 * it is nobody's.
 */
export function normaliseActivity(
  { who, activity, adds, sets, occurredAt }: ActivityInput,
  { sourceId, now }: { readonly sourceId: string; readonly now: number },
): ActivityNormalisation {
  const errors: FieldError[] = [];
  const wrong = (field: string, rule: string, detail: string) => void errors.push({ field, rule, detail });
  if (!ACTIVITY.test(activity)) wrong('activity', 'name', 'A word in lower case, with hyphens.');
  if (!Number.isSafeInteger(occurredAt) || occurredAt < 0 || occurredAt > now + FUTURE_TOLERANCE_MS)
    wrong('occurredAt', 'moment', 'Must be a time, and not in the future.');
  const names = [...Object.keys(adds), ...Object.keys(sets)];
  if (names.length > MAX_FREE_VALUES) wrong('engagement', 'too-many', `At most ${MAX_FREE_VALUES} of them.`);
  for (const name of names)
    if (!isFreeName(name)) wrong(`engagement.${shownName(name)}`, 'name', 'Not a name: too long, or reserved.');
  for (const [name, more] of Object.entries(adds))
    if (!Number.isSafeInteger(more)) wrong(`engagement.${shownName(name)}`, 'number', 'Not a whole number.');
  for (const [name, value] of Object.entries(sets))
    if (
      !(typeof value === 'number'
        ? Math.abs(value) <= Number.MAX_SAFE_INTEGER
        : cleanLine(value).length <= MAX_FREE_TEXT)
    )
      wrong(`engagement.${shownName(name)}`, 'value', 'Too large.');
  if (errors.length > 0) return { ok: false, errors };

  const { externalId = '', email = '', phone = '' } = who;
  const [address, number] = [readEmail(email)?.address, readPhone(phone)];
  return {
    ok: true,
    activity: {
      sourceId,
      ...(isExternalId(externalId) && externalId.length <= MAX_EXTERNAL_ID && { externalId }),
      contact: { ...(address !== undefined && { email: address }), ...(number !== undefined && { phone: number }) },
      activity,
      doing: {
        adds,
        sets: Object.fromEntries(Object.entries(sets).map(([name, value]) => [name, clean(value)])),
        occurredAt,
      },
    },
  };
}

function clean(value: number | string): number | string {
  return typeof value === 'string' ? cleanLine(value) : value;
}
