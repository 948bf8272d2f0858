import type { Match } from './policy.js';

/** How a pool stands to the pools before it, which take their leads first. */
export interface Overlap {
  /** Places in the list of those before it that take some of its leads, ascending. */
  readonly before: readonly number[];
  /** Whether they leave it none. */
  readonly nothingLeft: boolean;
}

/**
 * Which kinds of lead a pool takes, in each respect, as a set of bits. Every value that some pool names is a kind, and
 * so is whatever none names; a number is of the kind of the range between two limits that some pool names. So two leads of
 * the same kinds belong to the same pool, and what pools have in common can be computed.
 */
type Kinds = readonly bigint[];

/** More pieces than this left of one pool are not looked at further: then it is taken to be reached. */
const MAX_PIECES = 500;

/** For each pool: what the pools before it take of it. Only what no lead can get past counts as nothing left. */
export function* overlapsOf(matches: readonly Match[]): Generator<Overlap> {
  const kinds = kindsOf(matches);
  for (const [index, own] of kinds.entries()) {
    const before: number[] = [];
    let pieces: Kinds[] = [own];
    for (let earlier = 0; earlier < index; earlier++) {
      const other = kinds[earlier]!;
      if (!haveCommon(own, other)) continue;
      before.push(earlier);
      if (pieces.length <= MAX_PIECES) pieces = pieces.flatMap((piece) => without(piece, other));
    }
    yield { before, nothingLeft: pieces.length === 0 };
  }
}

function haveCommon(one: Kinds, other: Kinds): boolean {
  return one.every((kinds, respect) => (kinds & other[respect]!) !== 0n);
}

/** What is left of one, in pieces that have nothing in common. */
function without(one: Kinds, other: Kinds): Kinds[] {
  if (!haveCommon(one, other)) return [one];
  const rest = [...one];
  const pieces: Kinds[] = [];
  for (const [respect, kinds] of other.entries()) {
    const outside = rest[respect]! & ~kinds;
    if (outside !== 0n) pieces.push(rest.with(respect, outside));
    rest[respect] = rest[respect]! & kinds;
  }
  return pieces;
}

function kindsOf(matches: readonly Match[]): Kinds[] {
  const respects = [
    placesOf(matches),
    rangesOf(matches.map(({ employees }) => employees)),
    rangesOf(matches.map(({ revenue }) => revenue)),
    wordsOf(matches.map(({ products }) => products)),
    wordsOf(matches.map(({ industries }) => industries)),
    wordsOf(matches.map(({ sources }) => sources)),
    ...attributesOf(matches),
  ];
  return matches.map((_, index) => respects.map((kinds) => kinds[index]!));
}

/**
 * Two respects for each attribute: its word, and its number. No lead has both, so kinds of lead are looked at that do not
 * exist; a pool is then rather taken to be reached than not.
 */
function attributesOf(matches: readonly Match[]): bigint[][] {
  const names = new Set(matches.flatMap(({ attributes }) => [...(attributes?.keys() ?? [])]));
  return [...names].flatMap((name) => [
    wordsOf(matches.map(({ attributes }) => attributes?.get(name)?.words)),
    rangesOf(matches.map(({ attributes }) => attributes?.get(name)?.range)),
  ]);
}

/** Numbers the kinds as they are named, and puts those that a pool takes into one set. */
class Numbered {
  private readonly bits = new Map<string, bigint>();

  constructor(names: Iterable<string>) {
    for (const name of names) if (!this.bits.has(name)) this.bits.set(name, 1n << BigInt(this.bits.size));
  }

  take(takes: (name: string) => boolean): bigint {
    let taken = 0n;
    for (const [name, bit] of this.bits) if (takes(name)) taken |= bit;
    return taken;
  }
}

/** No word and no place is called that. */
const OTHER = '';

function wordsOf(named: readonly (ReadonlySet<string> | undefined)[]): bigint[] {
  const kinds = new Numbered([OTHER, ...named.flatMap((words) => [...(words ?? [])])]);
  return named.map((words) => kinds.take((word) => words === undefined || words.has(word)));
}

/**
 * Country and region are one respect, because a lead's region is in its country. The kinds: each region that is named, the
 * rest of each country that is named, and the rest of the world.
 */
function placesOf(matches: readonly Match[]): bigint[] {
  const named = matches.flatMap(({ countries, regions }) => [...(countries ?? []), ...(regions ?? [])]);
  const kinds = new Numbered([OTHER, ...named.map(countryOf), ...named]);
  return matches.map(({ countries, regions }) =>
    kinds.take(
      (place) =>
        (countries === undefined || countries.has(countryOf(place))) && (regions === undefined || regions.has(place)),
    ),
  );
}

function countryOf(place: string): string {
  return place.slice(0, 2);
}

function rangesOf(named: readonly Match['employees'][]): bigint[] {
  const limits = [...new Set([0, ...named.flatMap((range) => (range ? [range.from, range.below] : []))])]
    .filter((limit) => limit !== Infinity)
    .sort((a, b) => a - b);
  const kinds = new Numbered([OTHER, ...limits.map(String)]);
  return named.map((range) =>
    kinds.take((kind) => {
      if (range === undefined) return true;
      return kind !== OTHER && Number(kind) >= range.from && Number(kind) < range.below;
    }),
  );
}
