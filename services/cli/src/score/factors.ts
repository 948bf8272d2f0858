import { type AxisDocument, quantityOf, type Value, valueOf } from '@fairlead/decisions';
import { type Example, MISSING_WORDS } from './examples.js';
import type { FactorDesign } from './fit-additive.js';

export type Side = 'fit' | 'engagement';

/** How the values of a field become levels: bands, words, all other words, and nothing known; in this order. */
export interface Factor {
  readonly field: string;
  readonly name: string;
  readonly side: Side;
  /** Ascending limits between bands; none where the field holds words. */
  readonly cuts: readonly number[];
  readonly hasBands: boolean;
  /** In lower case. */
  readonly words: readonly string[];
}

/** Why a field is no factor. */
export type Unfit = 'always the same' | 'never known' | 'an id' | 'personal data' | 'no value is frequent enough';

/** Bands that numbers fall in at first; neighbours that turn out alike become one. */
const MOST_BANDS = 24;
/** A word needs ten leads (or one in a thousand) to be a reason of its own, so that nobody is singled out by a rare one. */
const LEAST_LEADS = 10;
const LEAST_SHARE = 0.001;
const MOST_WORDS = 100;
/** What a fit takes grows with the third power of the levels; where there are more, bands are wider and more words are others. */
const MOST_LEVELS = 500;
/** By how much, step by step. */
const COARSER = [1, 2, 4, 8, 16, 32] as const;
const LEAST_BANDS = 4;
const MAX_NAME = 64;
const MISSING: ReadonlySet<string> = new Set(MISSING_WORDS);

/** A value as levels see it. */
type Seen = number | string | undefined;

interface Factors {
  readonly factors: readonly Factor[];
  readonly unfit: readonly { readonly field: string; readonly name: string; readonly why: Unfit }[];
}

/** Makes factors of whatever the leads tell, as fine as can be fitted, and says of the rest why not. */
export function factorsOf(examples: readonly Example[], names: ReadonlyMap<string, string>): Factors {
  let made: Factors = { factors: [], unfit: [] };
  for (const coarser of COARSER) {
    made = factorsAs(examples, names, coarser);
    if (made.factors.reduce((sum, factor) => sum + levelCount(factor), 0) <= MOST_LEVELS) break;
  }
  return made;
}

function factorsAs(examples: readonly Example[], names: ReadonlyMap<string, string>, coarser: number): Factors {
  const taken = new Set<string>();
  const factors: Factor[] = [];
  const unfit: Factors['unfit'][number][] = [];
  for (const field of fieldsOf(examples, names)) {
    const name = ownName(names.get(field.replace('reachable.', '')) ?? field, taken);
    const values = examples.map(({ lead }) => seen(field, lead));
    const made = factorOf(field, name, values, coarser);
    if (typeof made === 'string') unfit.push({ field, name, why: made });
    else factors.push(made);
  }
  return { factors, unfit };
}

const MAPPED_TO_CONTACT = new Set(['email', 'phone']);

function fieldsOf(examples: readonly Example[], names: ReadonlyMap<string, string>): string[] {
  const fields = new Set<string>();
  for (const { lead } of examples) {
    const { engagement, attributes, ...facts } = lead.facts;
    for (const field of Object.keys(facts)) fields.add(field);
    for (const name of Object.keys(engagement)) fields.add(`engagement.${name}`);
    for (const name of Object.keys(attributes)) fields.add(`attributes.${name}`);
  }
  // A table without addresses says nothing of who can be reached.
  for (const contact of MAPPED_TO_CONTACT) if (names.has(contact)) fields.add(`reachable.${contact}`);
  return [...fields].sort();
}

function ownName(wanted: string, taken: Set<string>): string {
  const plain = wanted.replace(/\p{C}/gu, ' ').trim().slice(0, MAX_NAME) || 'a column';
  let name = plain;
  for (let again = 2; taken.has(name); again++) name = `${plain.slice(0, MAX_NAME - 4)} ${again}`;
  taken.add(name);
  return name;
}

function seen(field: string, lead: Example['lead']): Seen {
  const value = valueOf(field, lead);
  if (value === undefined) return undefined;
  const number = quantityOf(value);
  if (number !== undefined) return number;
  const word = folded(value);
  return MISSING.has(word) ? undefined : word;
}

function folded(value: Value): string {
  return String(value).trim().toLowerCase().replace(/\s+/g, ' ');
}

function factorOf(field: string, name: string, values: readonly Seen[], coarser: number): Factor | Unfit {
  const known = values.filter((value) => value !== undefined);
  const numbers = known.filter((value) => typeof value === 'number');
  const distinct = new Set(known);
  if (known.length === 0) return 'never known';
  if (mostCommon(values) > values.length - LEAST_LEADS) return 'always the same';
  if (
    known.filter((value) => typeof value === 'string' && /.@.|^\+?[\d ()/-]{9,}$/.test(value)).length >
    known.length / 2
  )
    return 'personal data';
  if (isId(name, known, distinct.size)) return 'an id';

  const side = field.startsWith('engagement.') || field.endsWith('(engagement)') ? 'engagement' : 'fit';
  const hasBands = numbers.length > known.length / 2 && new Set(numbers).size > 2;
  const cuts = hasBands ? cutsOf(numbers, Math.max(LEAST_BANDS, MOST_BANDS / coarser)) : [];
  const spoken = hasBands ? known.filter((value) => typeof value === 'string') : known;
  const words = wordsOf(spoken, values.length).slice(0, Math.ceil(MOST_WORDS / coarser));
  if (!hasBands && words.length === 0) return 'no value is frequent enough';
  return { field, name, side, cuts, hasBands, words };
}

/** How many leads have the value that most have. */
function mostCommon(values: readonly Seen[]): number {
  const counts = new Map<Seen, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].reduce((most, count) => Math.max(most, count), 0);
}

const CALLED_A_NUMBER: ReadonlySet<string> = new Set('id no nr num number key code guid uuid index row'.split(' '));

/** Numbers that are there once each and are called a number, or that count the rows: they say which lead, not what it is. */
function isId(name: string, known: readonly (number | string)[], distinct: number): boolean {
  if (distinct < known.length * 0.95 || known.length < 50) return false;
  if (known.some((value) => typeof value === 'string')) return false;
  const numbers = known as readonly number[];
  if (numbers.some((value) => !Number.isInteger(value))) return false;
  const words = name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u);
  if (words.some((word) => CALLED_A_NUMBER.has(word))) return true;
  const rises = numbers.filter((value, index) => value > (numbers[index - 1] ?? -Infinity)).length;
  return rises > numbers.length * 0.98 || rises < numbers.length * 0.02;
}

/** Limits between bands of about as many leads each; a limit is the shortest number between the values that it parts. */
function cutsOf(numbers: readonly number[], mostBands: number): number[] {
  const sorted = numbers.toSorted((one, other) => one - other);
  const distinct = [...new Set(sorted)];
  if (distinct.length <= mostBands) return between(distinct.map((value, index) => [distinct[index - 1], value]));
  const place = new Map(distinct.map((value, index) => [value, index]));
  const starts = new Set<number>();
  for (let band = 1; band < mostBands; band++) {
    const value = sorted[Math.floor((band * sorted.length) / mostBands)];
    if (value !== undefined) starts.add(place.get(value) ?? 0);
  }
  const places = [...starts].filter((index) => index > 0).sort((one, other) => one - other);
  return between(places.map((index) => [distinct[index - 1], distinct[index] ?? 0]));
}

function between(pairs: readonly (readonly [number | undefined, number])[]): number[] {
  return pairs.flatMap(([below, from]) => (below === undefined ? [] : [shortestBetween(below, from)]));
}

/** The number with the fewest digits that is above one and not above the other. */
export function shortestBetween(below: number, upTo: number): number {
  for (let digits = 1; digits < 16; digits++) {
    const near = Number(upTo.toPrecision(digits));
    for (const candidate of [near, near - unitOf(upTo, digits)]) {
      const rounded = Number(candidate.toPrecision(digits));
      if (rounded > below && rounded <= upTo) return rounded;
    }
  }
  return upTo;
}

function unitOf(value: number, digits: number): number {
  return value === 0 ? 0 : 10 ** (Math.floor(Math.log10(Math.abs(value))) - digits + 1);
}

function wordsOf(known: readonly (number | string)[], leads: number): string[] {
  const counts = new Map<string, number>();
  for (const value of known) {
    const word = String(value);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const least = Math.max(LEAST_LEADS, leads * LEAST_SHARE);
  return [...counts]
    .filter(([word, count]) => count >= least && /^(?!__proto__$)[^\p{Cc}]{1,64}$/u.test(word))
    .sort(([one, more], [other, less]) => less - more || (one < other ? -1 : 1))
    .map(([word]) => word);
}

/** Into how many levels a factor divides leads. */
export function levelCount({ cuts, hasBands, words }: Factor): number {
  return (hasBands ? cuts.length + 1 : 0) + words.length + 2;
}

/** The level of each lead. */
export function levelsOf(factor: Factor, examples: readonly Example[]): Int32Array {
  const { cuts, hasBands, words } = factor;
  const bands = hasBands ? cuts.length + 1 : 0;
  const places = new Map(words.map((word, index) => [word, bands + index]));
  return Int32Array.from(examples, ({ lead }) => {
    const value = seen(factor.field, lead);
    if (value === undefined) return bands + words.length + 1;
    if (hasBands && typeof value === 'number') return bandOf(cuts, value);
    return places.get(String(value)) ?? bands + words.length;
  });
}

function bandOf(cuts: readonly number[], value: number): number {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value < (cuts[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function designOf(factor: Factor, examples: readonly Example[]): FactorDesign {
  const count = levelCount(factor);
  const bands = factor.hasBands ? factor.cuts.length + 1 : 0;
  // Words, and whatever is another word, are of one kind; nothing known is of its own.
  const kinds = [[bands, count - 1] as const, [count - 1, count] as const];
  return { levels: levelsOf(factor, examples), count, ordered: [0, bands], kinds };
}

/** Parts of an axis of a pair: few, because each pair of parts needs leads of its own. */
const AXIS_BANDS = 6;
const AXIS_WORDS = 6;

/** A coarser factor, for pairs, and which of its parts each level of the factor is. */
export function axisOf(
  factor: Factor,
  levels: Int32Array,
): { readonly axis: AxisDocument; readonly parts: Int32Array } {
  const { field, name, cuts, hasBands, words } = factor;
  const bands = hasBands ? cuts.length + 1 : 0;
  const leads = new Array<number>(bands).fill(0);
  for (const level of levels) if (level < bands) leads[level] = (leads[level] ?? 0) + 1;
  const all = leads.reduce((sum, count) => sum + count, 0);
  const below: number[] = [];
  const parts = new Int32Array(levelCount(factor));
  let before = 0;
  let sixth = 0;
  for (let band = 0; band < bands; band++) {
    const middle = before + (leads[band] ?? 0) / 2;
    const wanted = Math.min(AXIS_BANDS - 1, Math.floor((middle / all) * AXIS_BANDS));
    if (band > 0 && wanted > sixth) below.push(cuts[band - 1] ?? 0);
    sixth = wanted;
    parts[band] = below.length;
    before += leads[band] ?? 0;
  }
  const own = words.slice(0, AXIS_WORDS);
  const first = hasBands ? below.length + 1 : 0;
  words.forEach((_, index) => (parts[bands + index] = first + Math.min(index, own.length)));
  parts[bands + words.length] = first + own.length;
  parts[bands + words.length + 1] = first + own.length + 1;
  return {
    axis: {
      ...{ field, name },
      ...(hasBands && { below }),
      ...(own.length > 0 && { words: own.map((word) => [word]) }),
    },
    parts,
  };
}
