import { ages, isPartnerId, kindOf } from '@fairlead/decisions';
import { LEGACY } from '@fairlead/decisions/fold';
import { isDay } from '../handlers/day.js';

/** What figures are asked for. Days are UTC and included, in days since the epoch. */
export interface TrustQuery {
  /** Null: all of them but that of deals from elsewhere. */
  readonly pool: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly source: string | null;
  readonly campaign: string | null;
  /** By what leads are alike: `grade`, or `attributes.X`. */
  readonly mix: string;
  /** Only leads that have had so many days, and of them what happened in these; null: all, and whatever became of them. */
  readonly age: number | null;
  /** After how many days without a word an accepted lead is told of. */
  readonly silence: number;
  /** As of when leads are so old; milliseconds since the epoch. */
  readonly asOf: number;
  /** As this partner sees it; null: all of it. */
  readonly partner: string | null;
}

/**
 * Pools whose offers are not counted: deals that were closed elsewhere, unless they are asked for. Nobody here routed them, all of them look accepted at
 * once and none was delivered, so together with what was routed they would make figures of neither.
 */
export function leftOutOf(pool: string | null): readonly string[] {
  return pool === null ? [LEGACY] : [];
}

/** @param asked  null: none in particular */
export function isOfPool(asked: string | null, pool: string): boolean {
  return asked === null ? pool !== LEGACY : pool === asked;
}

export interface Complaint {
  readonly field: string;
  readonly detail: string;
}

export const POOL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
export const ATTRIBUTE = /^attributes\.[^\p{Cc}]{1,64}$/u;
const NAMES = ['pool', 'from', 'to', 'source', 'campaign', 'mix', 'age', 'silence', 'asOf', 'partner'] as const;
type Name = (typeof NAMES)[number];
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;
/** A fortnight: long enough for a holiday, and too long for a lead. */
export const USUAL_SILENCE = 14;

/**
 * @param asked  by name, as it came
 * @param now  as of when the figures are, where nothing is said; milliseconds since the epoch
 * @param names  what may be asked; anything else is a complaint
 */
export function readTrustQuery(
  asked: Readonly<Record<string, unknown>>,
  now: number,
  names: readonly Name[] = NAMES,
): { readonly query: TrustQuery } | { readonly complaints: readonly Complaint[] } {
  const complaints = Object.entries(asked).flatMap(([name, value]): Complaint[] => {
    const known = names.find((each) => each === name);
    const detail = known === undefined ? 'This parameter is not known here.' : complaint(known, value);
    return detail === undefined ? [] : [{ field: name.slice(0, 64), detail }];
  });
  if (complaints.length > 0) return { complaints };
  const { pool = null, from = null, to = null, source = null, campaign = null, mix = 'grade' } = asked as Asked;
  const { partner = null, asOf } = asked as Asked;
  if (from !== null && to !== null && from > to)
    return { complaints: [{ field: 'to', detail: 'must not be before from' }] };
  const days = (text: unknown): number | null => (text === undefined ? null : Number(text));
  return {
    query: {
      ...{ pool, from, to, source, campaign, mix, partner, age: days(asked['age']) },
      silence: days(asked['silence']) ?? USUAL_SILENCE,
      asOf: asOf === undefined ? now : Date.parse(asOf),
    },
  };
}

type Asked = Partial<Record<'pool' | 'from' | 'to' | 'source' | 'campaign' | 'mix' | 'asOf' | 'partner', string>>;

function complaint(name: Name, value: unknown): string | undefined {
  const isText = typeof value === 'string';
  switch (name) {
    case 'pool':
      return isText && POOL.test(value) ? undefined : 'must be the id of a pool';
    case 'source':
      return isText && POOL.test(value) ? undefined : 'must be the id of a source';
    case 'campaign':
      return isText && kindOf(value) === value ? undefined : 'must be a campaign: at most 64 characters, no fraction';
    case 'from':
    case 'to':
      return isDay(value) ? undefined : 'must be a day such as 2026-01-31';
    case 'mix':
      return isText && (value === 'grade' || ATTRIBUTE.test(value)) ? undefined : 'must be grade, or attributes.NAME';
    case 'age':
    case 'silence':
      return isText && ages.some((age) => String(age) === value)
        ? undefined
        : `must be a number of days: ${ages.join(', ')}`;
    case 'partner':
      return isText && isPartnerId(value) ? undefined : 'must be the id of a partner';
    case 'asOf':
      return isText && INSTANT.test(value) && !Number.isNaN(Date.parse(value))
        ? undefined
        : 'must be an instant such as 2026-01-31T12:00:00Z';
  }
}
