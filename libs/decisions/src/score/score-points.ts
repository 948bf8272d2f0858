import { durationMs, folded } from '../document/shapes.js';
import { faded, inWords } from './fade.js';
import type { Contribution, Judgement } from './judgement.js';
import { bandInWords, numberOf, type ScorableLead, type Value, valueOf } from './lead-values.js';
import type { FactorDocument, PointsDocument } from './model.js';

/** What a points model makes of a lead. What goes beyond a side's limit is taken off by a contribution that says so. */
export function judgeByPoints(lead: ScorableLead, document: PointsDocument, now: number): Judgement {
  const missing: string[] = [];
  const fit = sideOf('fit', lead, document.fit, missing, now);
  const engagement = sideOf('engagement', lead, document.engagement, missing, now);
  return {
    score: fit.points + engagement.points,
    fit: fit.points,
    engagement: engagement.points,
    contributions: [...fit.contributions, ...engagement.contributions],
    missing,
  };
}

function sideOf(
  side: 'fit' | 'engagement',
  lead: ScorableLead,
  { atMost, factors }: PointsDocument['fit'],
  missing: string[],
  now: number,
): { points: number; contributions: Contribution[] } {
  const contributions: Contribution[] = [];
  for (const factor of factors) {
    const value = valueOf(factor.field, lead);
    if (value === undefined) missing.push(factor.field);
    const contribution =
      value === undefined ? absence(factor) : fadedBy(contributionOf(factor, value), factor, lead, now);
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
    reason: band.reason ?? bandInWords(name, bands[index - 1]?.below, band.below),
  };
}

/** What was done long ago counts for less, where the factor says so; the reason tells by how much. */
function fadedBy(
  contribution: Contribution | undefined,
  { field, halfLife }: FactorDocument,
  { occurredAt, engagedAt = {} }: ScorableLead,
  now: number,
): Contribution | undefined {
  const at = doneAt(field, engagedAt) ?? occurredAt;
  if (!contribution || halfLife === undefined || at === undefined) return contribution;
  const age = Math.max(0, now - at);
  const points = faded(contribution.points, age, durationMs(halfLife));
  if (points === contribution.points) return contribution;
  const told = `${contribution.reason} (faded: ${points} of ${contribution.points} points after ${inWords(age)})`;
  return { ...contribution, points, reason: told };
}

/** When it was done; for all engagement together, when anything was done last. */
function doneAt(field: string, engagedAt: Readonly<Record<string, number>>): number | undefined {
  const name = field.startsWith('engagement.') ? field.slice('engagement.'.length) : undefined;
  if (name !== undefined) return Object.hasOwn(engagedAt, name) ? engagedAt[name] : undefined;
  const all = Object.values(engagedAt);
  return all.length === 0 ? undefined : all.reduce((last, at) => Math.max(last, at));
}

function nameOf(factor: FactorDocument): string {
  return factor.name ?? factor.field;
}
