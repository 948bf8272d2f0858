import { folded } from '../document/shapes.js';
import { chance } from './chance.js';
import type { Contribution, Judgement } from './judgement.js';
import type { AxisDocument, LearnedDocument, LearnedFactorDocument, PairDocument } from './learned-model.js';
import { bandInWords, numberOf, type ScorableLead, type Value, valueOf } from './lead-values.js';

/** ln 2 in millionths: what doubles the odds. */
const LN2 = 693_147;
/** Weights are thousandths of a point. */
const POINT = 1_000;

type Side = 'fit' | 'engagement';
interface Term {
  readonly factor: string;
  readonly weight: number;
  readonly reason: string;
  /** Told even when it comes to no whole point: that something is not known must not go unsaid. */
  readonly isMissing?: boolean;
}

/**
 * What a learned model makes of a lead. All is sums of whole numbers, so the order of factors does not matter. The chance is
 * that of the exact sum; points are the same sum in whole numbers, apportioned so that they add up (largest remainders).
 */
export function judgeByLearned(lead: ScorableLead, document: LearnedDocument): Judgement {
  const { scale, pairs } = document;
  const missing: string[] = [];
  const fit = termsOf('fit', lead, document, missing);
  const engagement = termsOf('engagement', lead, document, missing);
  for (const pair of pairs) (pair.side === 'fit' ? fit : engagement).push(pairTerm(pair, lead, document));

  const exact = sumOf(fit) + sumOf(engagement);
  const score = Math.max(0, Math.min(100, inPoints(exact)));
  const fitPoints = inPoints(sumOf(fit));
  const beyond = score - inPoints(exact);
  const engagementPoints = score - fitPoints;
  const contributions = [
    ...apportioned(fit, fitPoints),
    ...apportioned(engagement, engagementPoints - beyond),
    ...(beyond === 0 ? [] : [limit(beyond)]),
  ];
  const probability = chance(Math.round(((exact - scale.even) * LN2) / scale.double));
  return { score, fit: fitPoints, engagement: engagementPoints, contributions, missing, probability };
}

function termsOf(side: Side, lead: ScorableLead, document: LearnedDocument, missing: string[]): Term[] {
  const { base, factors } = document[side];
  const reason = `${side} starts here: a lead that is average in everything`;
  const terms: Term[] = base === 0 ? [] : [{ factor: side, weight: base, reason }];
  for (const factor of factors) {
    const value = knownValue(factor.field, lead, document.missingWords);
    if (value === undefined) missing.push(factor.field);
    terms.push(termOf(factor, value));
  }
  return terms;
}

function termOf(factor: LearnedFactorDocument, value: Value | undefined): Term {
  const name = nameOf(factor);
  const { bands, words = {}, otherwise, missing } = factor;
  if (value === undefined) return { factor: name, weight: missing, reason: `${name} is not known`, isMissing: true };
  const number = bands && quantityOf(value);
  if (bands && number !== undefined) {
    const index = bandOf(bands, number);
    const { below, weight = 0 } = bands[index] ?? {};
    return { factor: name, weight, reason: bandInWords(name, bands[index - 1]?.below, below) };
  }
  const word = folded(String(value));
  if (Object.hasOwn(words, word)) return { factor: name, weight: words[word] ?? 0, reason: `${name} is ${word}` };
  return { factor: name, weight: otherwise, reason: `${name} is something seldom seen` };
}

function pairTerm({ of, weights }: PairDocument, lead: ScorableLead, { missingWords }: LearnedDocument): Term {
  const [one, other] = of.map((axis) => partOf(axis, knownValue(axis.field, lead, missingWords)));
  return {
    factor: of.map(nameOf).join(' and '),
    weight: weights[one?.index ?? 0]?.[other?.index ?? 0] ?? 0,
    reason: `${one?.words} and ${other?.words}, together`,
  };
}

/** Which part of an axis a value is in. */
export function partOf(axis: AxisDocument, value: Value | undefined): { index: number; words: string } {
  const { below, words = [] } = axis;
  const name = nameOf(axis);
  const bands = below ? below.length + 1 : 0;
  if (value === undefined) return { index: bands + words.length + 1, words: `${name} is not known` };
  const number = below && quantityOf(value);
  if (below && number !== undefined) {
    const found = below.findIndex((limit) => number < limit);
    const index = found < 0 ? below.length : found;
    return { index, words: bandInWords(name, below[index - 1], below[index]) };
  }
  const word = folded(String(value));
  const group = words.findIndex((each) => each.includes(word));
  if (group >= 0) return { index: bands + group, words: `${name} is ${word}` };
  return { index: bands + words.length, words: `${name} is another` };
}

/** A lead's value of a field; a word that says nothing is none. */
export function knownValue(
  field: string,
  lead: Pick<ScorableLead, 'facts' | 'reachable'>,
  missingWords: readonly string[],
): Value | undefined {
  const value = valueOf(field, lead);
  return typeof value === 'string' && missingWords.includes(folded(value)) ? undefined : value;
}

/** Yes and no are words here, not 1 and 0. */
export function quantityOf(value: Value): number | undefined {
  return typeof value === 'boolean' ? undefined : numberOf(value);
}

function bandOf(bands: NonNullable<LearnedFactorDocument['bands']>, number: number): number {
  const found = bands.findIndex(({ below = Infinity }) => number < below);
  return found < 0 ? bands.length - 1 : found;
}

/** Whole points for each term, which add up to `total`: cut down, and the rest to those that lost most. */
function apportioned(terms: readonly Term[], total: number): Contribution[] {
  const points = terms.map(({ weight }) => Math.floor(weight / POINT));
  const left = total - points.reduce((sum, each) => sum + each, 0);
  const byLoss = terms
    .map(({ weight }, index) => ({ index, lost: weight - Math.floor(weight / POINT) * POINT }))
    .sort((one, other) => other.lost - one.lost || one.index - other.index);
  for (const { index } of byLoss.slice(0, Math.max(0, left))) points[index] = (points[index] ?? 0) + 1;
  return terms.flatMap(({ factor, reason, isMissing }, index) => {
    const each = points[index] ?? 0;
    return each === 0 && !isMissing ? [] : [{ factor, points: each, reason }];
  });
}

function limit(beyond: number): Contribution {
  return { factor: 'score', points: beyond, reason: beyond < 0 ? 'a score is at most 100' : 'a score is at least 0' };
}

/** To the nearest whole point, halves upwards. */
function inPoints(weight: number): number {
  return Math.floor((weight + POINT / 2) / POINT);
}

function sumOf(terms: readonly Term[]): number {
  return terms.reduce((sum, { weight }) => sum + weight, 0);
}

function nameOf({ name, field }: { readonly name?: string; readonly field: string }): string {
  return name ?? field;
}
