import type { Offer } from '../lifecycle/standing.js';
import { measures, type Tally } from '../lifecycle/tally.js';
import { CAMPAIGN, readTraits, type Traits } from './traits.js';

/** What is counted beside the tally: `reported` are accepted leads about which their party said something. */
export const cohortMeasures = [...measures, 'reported'] as const;
export type CohortMeasure = (typeof cohortMeasures)[number];
export type CohortTally = Tally & Readonly<Record<CohortMeasure, number>>;

/** What parties are compared by, in the order of the measures: conversions of accepted leads. */
export const comparedMeasures = ['accepted', 'qualified', 'won'] as const;

/** Days from the offer: ages at which leads are compared. */
export const ages = [7, 14, 30, 60, 90] as const;
export type Age = (typeof ages)[number];
/** What an offer comes to is counted by each age, and at last whenever it happened. */
const limits = [...ages, Infinity] as const;

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * By what offers are counted together beside pool, month and party; `value` is empty where all are. Of `day` it is one such as 2026-01-31, UTC: so that
 * a period which begins or ends within a month is added up as well.
 */
export const dimensions = ['', 'day', 'source', 'campaign'] as const;
export type Dimension = (typeof dimensions)[number];

/** Where a part of an offer is counted. */
export interface CohortCell {
  readonly dimension: Dimension;
  readonly value: string;
  readonly pool: string;
  /** Months since January 1970, UTC, of the offer. */
  readonly month: number;
  readonly party: string;
  /** `incomplete` without one. */
  readonly grade: string;
  readonly kind: string;
  readonly policy: string;
}

/** How long after the offer each thing happened, in milliseconds; undefined for what did not. */
export interface Moments {
  readonly delivered: number | undefined;
  readonly accepted: number | undefined;
  readonly declined: number | undefined;
  readonly expired: number | undefined;
  readonly withdrawn: number | undefined;
  readonly contacted: number | undefined;
  readonly qualified: number | undefined;
  readonly won: number | undefined;
  readonly lost: number | undefined;
  readonly returned: number | undefined;
  /** The first word about it after it was accepted. */
  readonly reported: number | undefined;
}

/**
 * A later step includes the earlier ones, as in `tallyOf`: whoever won a lead had an opportunity by then, whoever had an opportunity had spoken to
 * somebody. Clocks of others are believed only so far: nothing happens before the offer, and nothing but the answer before it was accepted.
 */
export function momentsOf(offer: Offer): Moments {
  const { offeredAt, stage } = offer;
  const since = (at: number | null, least = 0): number | undefined =>
    at === null ? undefined : Math.max(least, at - offeredAt);
  const accepted = since(offer.acceptedAt);
  const closed = since(offer.closedAt, accepted);
  const when = (is: boolean): number | undefined => (is ? (closed ?? 0) : undefined);
  const won = when(stage === 'won');
  const qualified = earlier(since(offer.qualifiedAt, accepted), won);
  const contacted = earlier(since(offer.contactedAt, accepted), qualified);
  const lost = when(stage === 'lost');
  const returned = when(stage === 'returned');
  return {
    ...{ delivered: since(offer.deliveredAt), accepted, contacted, qualified, won, lost, returned },
    declined: when(stage === 'declined'),
    expired: when(stage === 'expired'),
    withdrawn: when(stage === 'withdrawn'),
    reported: accepted === undefined ? undefined : earlier(earlier(contacted, lost), returned),
  };
}

function earlier(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}

/**
 * What an offer comes to in its first so many days: all that happened within them, and nothing of what came later.
 * @param days  `Infinity` for all that ever happened
 */
export function tallyWithin(moments: Moments, days: number): CohortTally {
  const limit = days * DAY_MS;
  const by = (at: number | undefined): 0 | 1 => (at !== undefined && at <= limit ? 1 : 0);
  const [accepted, declined, expired, withdrawn] = [
    by(moments.accepted),
    by(moments.declined),
    by(moments.expired),
    by(moments.withdrawn),
  ];
  const returned = by(moments.returned);
  return {
    ...{ offered: 1, delivered: by(moments.delivered), accepted, declined, expired, withdrawn },
    open: accepted + declined + expired + withdrawn === 0 ? 1 : 0,
    kept: declined + expired + withdrawn + returned === 0 ? 1 : 0,
    ...{ contacted: by(moments.contacted), qualified: by(moments.qualified), won: by(moments.won) },
    ...{ lost: by(moments.lost), returned, reported: by(moments.reported) },
  };
}

/**
 * What offers had come to by each age, and by now: of each the `cohortMeasures` in their order, one list behind the other. Of offers from before it was
 * noted what leads are like only the last is known, and the others are nothing.
 */
export type TalliesByAge = readonly number[];

/** What is to be added to a cell. */
export interface CohortCount {
  readonly cell: CohortCell;
  readonly tallies: TalliesByAge;
}

/**
 * Tallies as what changes in them with age: of a few measures, and of each at one age. A number is a place in `TalliesByAge` from whose age on the
 * measure counts one more; one below zero is the complement of a place from which on it counts one less.
 */
export type ChangesByAge = readonly number[];

/** Where an offer is counted: in each of the cells as the same. */
export interface OfferCohorts {
  readonly where: Omit<CohortCell, 'dimension' | 'value'>;
  readonly by: readonly (readonly [Dimension, value: string])[];
  /** What a lead that was accepted was like: it is counted by that as well, see `kindCellsOf`. */
  readonly kinds: Traits | undefined;
  readonly changes: ChangesByAge;
}

/**
 * Where an offer is counted, and as what.
 * @param read  how traits are read: who counts many offers may remember what it has read
 */
export function cohortsOf(offer: Offer, read: (text: string) => Traits = readTraits): OfferCohorts {
  const moments = momentsOf(offer);
  const { pool, party, kind, policy, grade, traits } = offer;
  const where = { pool, month: monthOf(offer.offeredAt), party, grade: grade ?? 'incomplete', kind, policy };
  const by: [Dimension, string][] = [
    ['', ''],
    ['day', dayName(offer.offeredAt)],
  ];
  // From before it was noted what leads are like: nobody knows.
  if (traits === null) return { where, by, kinds: undefined, changes: changesOf(moments, [Infinity]) };
  const its = read(traits);
  by.push(['source', its.source]);
  const campaign = its.kinds[CAMPAIGN];
  if (campaign !== undefined) by.push(['campaign', campaign]);
  return { where, by, kinds: moments.accepted === undefined ? undefined : its, changes: changesOf(moments, limits) };
}

export function cellsOf({ where, by }: OfferCohorts): CohortCell[] {
  return by.map(([dimension, value]) => ({ dimension, value, ...where }));
}

/**
 * Where a lead that was accepted is counted by what it was like in one attribute: together with those of all sources, whose name is empty, and with
 * those of its own.
 */
export interface KindCell {
  readonly attribute: string;
  readonly source: string;
  readonly kind: string;
  readonly month: number;
  readonly pool: string;
  readonly party: string;
}

/** What is to be added to such a cell: of each age the compared measures alone, since nobody asks for others by attribute. */
export interface KindCellCount {
  readonly cell: KindCell;
  readonly tallies: TalliesByAge;
}

export function kindCellsOf({ where: { month, pool, party }, kinds }: OfferCohorts): KindCell[] {
  if (!kinds) return [];
  // A lead of which no source is known is among all of them, and no others.
  const sources = kinds.source === '' ? [''] : ['', kinds.source];
  return Object.entries(kinds.kinds).flatMap(([attribute, kind]) =>
    sources.map((source) => ({ attribute, source, kind, month, pool, party })),
  );
}

/** How many tallies such a cell has. */
export const KIND_TALLIES = comparedMeasures.length * limits.length;

/** By place among all measures, that among the compared ones; -1: it is none of them. */
const comparedPlaces = cohortMeasures.map((measure) => (comparedMeasures as readonly string[]).indexOf(measure));

export function comparedIn(tallies: TalliesByAge): TalliesByAge {
  return tallies.filter((_, at) => comparedPlaces[at % cohortMeasures.length] !== -1);
}

/** The same of what changes with age. */
export function comparedChanges(changes: ChangesByAge): ChangesByAge {
  const compared: number[] = [];
  for (const change of changes) {
    const place = change < 0 ? ~change : change;
    const among = comparedPlaces[place % cohortMeasures.length] as number;
    if (among === -1) continue;
    const its = Math.floor(place / cohortMeasures.length) * comparedMeasures.length + among;
    compared.push(change < 0 ? ~its : its);
  }
  return compared;
}

/** The same for the same cell, and for no other. */
export function kindKey({ attribute, source, kind, month, pool, party }: KindCell): string {
  return `${attribute}\n${source}\n${kind}\n${month}\n${pool}\n${party}`;
}

/** The same as `tallyWithin` says of each age. */
export function talliesOf(changes: ChangesByAge): TalliesByAge {
  const tallies = Array<number>(TALLIES).fill(0);
  for (const change of changes) {
    if (change < 0) tallies[~change] = (tallies[~change] as number) - 1;
    else tallies[change] = (tallies[change] as number) + 1;
  }
  addUpByAge(tallies);
  return tallies;
}

/** Makes sums of changes the sums of tallies. @param measured  how many measures there are of each age */
export function addUpByAge(changes: number[], measured: number = cohortMeasures.length): void {
  for (let at = measured; at < changes.length; at++)
    changes[at] = (changes[at] as number) + (changes[at - measured] as number);
}

/** How many tallies a cell has: of each measure one for each age, and one for all that ever happened. */
export const TALLIES = cohortMeasures.length * limits.length;

/** @param known  by which ages it is known: the last so many */
function changesOf(moments: Moments, known: readonly number[]): number[] {
  const { accepted, declined, expired, withdrawn, returned } = moments;
  const unknown = limits.length - known.length;
  const changes: number[] = [];
  const from = (measure: CohortMeasure, at: number | undefined, by: 1 | -1 = 1): void => {
    if (at === undefined) return;
    let age = unknown;
    while (at > (limits[age] as number) * DAY_MS) age += 1;
    const place = age * cohortMeasures.length + placeOf[measure];
    changes.push(by === 1 ? place : ~place);
  };
  from('offered', 0);
  from('delivered', moments.delivered);
  from('accepted', accepted);
  from('declined', declined);
  from('expired', expired);
  from('withdrawn', withdrawn);
  const refused = earlier(earlier(declined, expired), withdrawn);
  from('open', 0);
  from('open', earlier(accepted, refused), -1);
  from('kept', 0);
  from('kept', earlier(refused, returned), -1);
  for (const measure of afterwards) from(measure, moments[measure]);
  return changes;
}

const placeOf = Object.fromEntries(cohortMeasures.map((measure, at) => [measure, at])) as Record<CohortMeasure, number>;
const afterwards = ['contacted', 'qualified', 'won', 'lost', 'returned', 'reported'] as const;

/** What to add to the cells when a lead's offers went from `before` to `after`. */
export function cohortDifferences(
  before: readonly Offer[],
  after: readonly Offer[],
): { readonly cohorts: CohortCount[]; readonly kinds: KindCellCount[] } {
  const [known, kept] = [new Set(before), new Set(after)];
  const cohorts: CohortCount[] = [];
  const kinds: KindCellCount[] = [];
  const note = (offer: Offer, sign: 1 | -1): void => {
    const its = cohortsOf(offer);
    const told = talliesOf(its.changes);
    const tallies = sign === 1 ? told : told.map((count) => -count);
    for (const cell of cellsOf(its)) cohorts.push({ cell, tallies });
    const compared = comparedIn(tallies);
    for (const cell of kindCellsOf(its)) kinds.push({ cell, tallies: compared });
  };
  for (const offer of after) if (!known.has(offer)) note(offer, 1);
  for (const offer of before) if (!kept.has(offer)) note(offer, -1);
  return { cohorts, kinds };
}

/** Counts of the same cell added up, in the order in which cells first come; those that come to nothing are left out. */
export function addedUp<Cell>(
  counts: readonly { readonly cell: Cell; readonly tallies: TalliesByAge }[],
  keyOf: (cell: Cell) => string,
): { readonly cell: Cell; readonly tallies: TalliesByAge }[] {
  const sums = new Map<string, { readonly cell: Cell; tallies: TalliesByAge }>();
  for (const { cell, tallies } of counts) {
    const key = keyOf(cell);
    const sum = sums.get(key);
    if (sum) sum.tallies = sum.tallies.map((count, at) => count + (tallies[at] as number));
    else sums.set(key, { cell, tallies });
  }
  return [...sums.values()].filter(({ tallies }) => tallies.some((count) => count !== 0));
}

/** The same for the same cell, and for no other: no name has a line break in it. */
export function cohortKey({ dimension, value, ...where }: CohortCell): string {
  return `${dimension}\n${value}\n${whereKey(where)}`;
}

/** How the key of a cell ends that is counted there. */
export function whereKey({ month, pool, party, grade, kind, policy }: OfferCohorts['where']): string {
  return `${month}\n${pool}\n${party}\n${grade}\n${kind}\n${policy}`;
}

/** @param key  as `cohortKey` writes it */
export function readCohortKey(key: string): CohortCell {
  const [dimension, value, month, ...others] = key.split('\n') as [Dimension, string, string, ...string[]];
  const [pool, party, grade, kind, policy] = others as [string, string, string, string, string];
  return { dimension, value, month: Number(month), pool, party, grade, kind, policy };
}

export const noCohort = Object.freeze(Object.fromEntries(cohortMeasures.map((measure) => [measure, 0]))) as CohortTally;

export function addCohort(left: CohortTally, right: CohortTally): CohortTally {
  return Object.fromEntries(cohortMeasures.map((measure) => [measure, left[measure] + right[measure]])) as CohortTally;
}

/** UTC, in months since January 1970. */
export function monthOf(at: number): number {
  const { year, month } = dateOf(at);
  return (year - 1970) * 12 + month;
}

/** UTC, such as 2026-01-31: in the order of the calendar, as texts are. */
export function dayName(at: number): string {
  const { year, month, day } = dateOf(at);
  const digits = (value: number, count: number) => String(value).padStart(count, '0');
  return `${digits(year, 4)}-${digits(month + 1, 2)}-${digits(day, 2)}`;
}

/** @returns the month from 0, the day from 1 */
function dateOf(at: number): { readonly year: number; readonly month: number; readonly day: number } {
  // Days of a calendar that begins in March, so that leap days come last: Howard Hinnant, chrono-compatible low-level date algorithms.
  const days = Math.floor(at / DAY_MS) + 719_468;
  const era = Math.floor(days / 146_097);
  const day = days - era * 146_097;
  const year = Math.floor((day - Math.floor(day / 1_460) + Math.floor(day / 36_524) - Math.floor(day / 146_096)) / 365);
  const ofYear = day - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const month = (fromMarch + 2) % 12;
  return {
    year: era * 400 + year + (fromMarch < 10 ? 0 : 1),
    month,
    day: ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
}

/** What is timed, all from the offer. `close`: won, lost or given back. */
export const timedSteps = ['offer', 'accept', 'contact', 'qualify', 'win', 'close'] as const;
export type TimedStep = (typeof timedSteps)[number];

/** How many of a party's offers of a day came to a step in a time. */
export interface TimedCell {
  readonly step: TimedStep;
  readonly pool: string;
  /** UTC, of the offer, in days since the epoch. */
  readonly day: number;
  readonly party: string;
  /** Hours from the offer, as `bucketHours` rounds them. */
  readonly hours: number;
}

/** A hundred years; whoever says that something happened later is taken to have meant that. */
const MOST_DAYS = 36_500;

/** Of a time in hours, how many days from that of the offer it may be until it has passed. */
export function daysUntil(hours: number): number {
  return Math.ceil(hours / 24);
}

/** Up to two days in whole hours, then in whole days, always up: after that time it had happened. */
export function bucketHours(ms: number): number {
  return ms <= 48 * HOUR_MS ? Math.ceil(ms / HOUR_MS) : Math.min(MOST_DAYS, Math.ceil(ms / DAY_MS)) * 24;
}

/** Which steps an offer came to; none for one from before times were counted. */
export function timesOf(offer: Offer): TimedCell[] {
  if (offer.traits === null) return [];
  const { accepted, contacted, qualified, won, lost, returned } = momentsOf(offer);
  const { pool, party } = offer;
  const day = Math.floor(offer.offeredAt / DAY_MS);
  const found: TimedCell[] = [];
  const note = (step: TimedStep, at: number | undefined) => {
    if (at !== undefined) found.push({ step, pool, day, party, hours: bucketHours(at) });
  };
  note('offer', 0);
  note('accept', accepted);
  if (accepted === undefined) return found;
  note('contact', contacted);
  note('qualify', qualified);
  note('win', won);
  note('close', won ?? lost ?? returned);
  return found;
}
