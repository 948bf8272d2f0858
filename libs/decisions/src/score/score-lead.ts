import type { DataOf, Facts, Grade, LeadScored, LeadState, Reachable } from '@fairlead/events';
import { folded } from '../document/shapes.js';
import { engine } from '../engine.js';
import type { ConditionDocument, FactorDocument, Model, ModelDocument } from './model.js';

/** What scoring looks at in a lead. */
export interface ScorableLead {
  readonly facts: Facts;
  readonly reachable: Reachable;
  /** What was waited for in vain; not empty makes the lead incomplete. */
  readonly missing: readonly string[];
}

type Scored = DataOf<typeof LeadScored>;
type Contribution = Scored['contributions'][number];

/** How good the lead is, and why, as the event tells it. */
export type Score = Pick<
  Scored,
  'state' | 'grade' | 'score' | 'fit' | 'engagement' | 'contributions' | 'missing' | 'model' | 'engine' | 'now'
>;

/** An event names no more. */
const MAX_MISSING = 32;

/**
 * Scores a lead with a points model. The contributions of both sides add up to the score exactly: what goes beyond a
 * side's limit is taken off by a contribution that says so. A grade is given only to a lead that is qualified and
 * complete; the score is told in any case.
 *
 * @param now  milliseconds since the epoch; recorded, so that a model may one day weigh how long ago something was
 */
export function scoreLead(lead: ScorableLead, model: Model, now: number): Score {
  const { document, version, hash } = model;
  const missing = new Set(lead.missing);
  const fit = sideOf('fit', lead, document.fit, missing);
  const engagement = sideOf('engagement', lead, document.engagement, missing);
  const score = fit.points + engagement.points;

  const disqualified = document.notQualified.filter(({ all }) => all.every((condition) => holds(condition, lead)));
  const state: LeadState =
    disqualified.length > 0 ? 'not-qualified' : lead.missing.length > 0 ? 'incomplete' : 'graded';
  const reasons = disqualified.map(({ reason }) => ({ factor: 'not-qualified', points: 0, reason }));

  return {
    state,
    grade: state === 'graded' ? gradeOf(score, document.grades) : null,
    score,
    fit: fit.points,
    engagement: engagement.points,
    contributions: [...reasons, ...fit.contributions, ...engagement.contributions],
    missing: [...missing].slice(0, MAX_MISSING),
    model: { name: document.name, version, hash },
    engine,
    now,
  };
}

export function gradeOf(score: number, { A, B, C }: ModelDocument['grades']): Grade {
  return score >= A ? 'A' : score >= B ? 'B' : score >= C ? 'C' : 'D';
}

function sideOf(
  side: 'fit' | 'engagement',
  lead: ScorableLead,
  { atMost, factors }: ModelDocument['fit'],
  missing: Set<string>,
): { points: number; contributions: Contribution[] } {
  const contributions: Contribution[] = [];
  for (const factor of factors) {
    const value = valueOf(factor.field, lead);
    if (value === undefined) missing.add(factor.field);
    const contribution = value === undefined ? absence(factor) : contributionOf(factor, value);
    if (contribution && contribution.points !== 0) contributions.push(contribution);
  }
  const sum = contributions.reduce((total, { points }) => total + points, 0);
  const points = Math.max(0, Math.min(atMost, sum));
  if (points !== sum) {
    const reason = sum > atMost ? `${side} counts for at most ${atMost}` : `${side} counts for no less than 0`;
    contributions.push({ factor: side, points: points - sum, reason });
  }
  return { points, contributions };
}

function absence(factor: FactorDocument): Contribution | undefined {
  if (!factor.missing) return undefined;
  return { factor: nameOf(factor), points: factor.missing, reason: `${nameOf(factor)} is not known` };
}

/** Reasons quote the model's words and numbers, and counts; never what the lead wrote. */
function contributionOf(factor: FactorDocument, value: Value): Contribution | undefined {
  const name = nameOf(factor);
  if (factor.known !== undefined) {
    // A fact that says "no" is known, but is nothing to be glad of.
    return value === false ? undefined : { factor: name, points: factor.known, reason: `${name} is known` };
  }
  if (factor.words) {
    const word = folded(String(value));
    const listed = Object.entries(factor.words).find(([candidate]) => folded(candidate) === word);
    if (listed) return { factor: name, points: listed[1], reason: `${name} is ${listed[0]}` };
    return { factor: name, points: factor.otherwise ?? 0, reason: `${name} is none of those that count for more` };
  }
  const number = numberOf(value);
  if (number === undefined) return undefined;
  if (factor.each) {
    const times = Math.max(0, Math.min(Math.floor(number), 1_000_000));
    const points = times * factor.each.points;
    const within = factor.each.atMost < 0 ? Math.max(points, factor.each.atMost) : Math.min(points, factor.each.atMost);
    return { factor: name, points: within, reason: `${name}: ${times}` };
  }
  const bands = factor.bands ?? [];
  const index = bands.findIndex(({ below = Infinity }) => number < below);
  const band = bands[index];
  if (!band) return undefined;
  return {
    factor: name,
    points: band.points,
    reason: band.reason ?? inWords(name, bands[index - 1]?.below, band.below),
  };
}

function inWords(name: string, from: number | undefined, below: number | undefined): string {
  if (from === undefined && below === undefined) return `${name} is known`;
  if (from === undefined) return `${name} is below ${below}`;
  return below === undefined ? `${name} is ${from} or more` : `${name} is from ${from} to below ${below}`;
}

function holds({ field, is, below, known }: ConditionDocument, lead: ScorableLead): boolean {
  const value = valueOf(field, lead);
  if (known !== undefined) return (value !== undefined) === known;
  if (value === undefined) return false;
  if (is) return is.some((word) => folded(word) === folded(String(value)));
  const number = numberOf(value);
  return below !== undefined && number !== undefined && number < below;
}

type Value = string | number | boolean;

function valueOf(field: string, { facts, reachable }: ScorableLead): Value | undefined {
  if (field === 'total(engagement)') return totalOf(facts.engagement);
  if (field === 'count(engagement)') return countOf(facts.engagement);
  const dot = field.indexOf('.');
  const [group, name] = [field.slice(0, Math.max(0, dot)), field.slice(dot + 1)];
  switch (group) {
    case 'engagement':
      return ownValue(facts.engagement, name);
    case 'attributes':
      return ownValue(facts.attributes, name);
    case 'reachable':
      return reachable[name as keyof Reachable];
    default:
      return ownValue(facts as unknown as Record<string, Value>, name);
  }
}

function ownValue(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** Words that are numbers count as such: mappings and forms often send `"3"`. */
function numberOf(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(value.trim()) ? Number(value) : undefined;
}

/** Whole parts only: sums of decimals depend on their order. */
function totalOf(engagement: Facts['engagement']): number | undefined {
  const numbers = Object.values(engagement)
    .map(numberOf)
    .filter((number) => number !== undefined);
  if (numbers.length === 0) return undefined;
  const limit = Number.MAX_SAFE_INTEGER / 128;
  return numbers.reduce((total, number) => total + Math.trunc(Math.max(-limit, Math.min(limit, number))), 0);
}

/** What was done at all: numbers above nothing, and words. */
function countOf(engagement: Facts['engagement']): number | undefined {
  const values = Object.values(engagement);
  if (values.length === 0) return undefined;
  return values.filter((value) => (numberOf(value) ?? 1) > 0).length;
}

function nameOf(factor: FactorDocument): string {
  return factor.name ?? factor.field;
}
