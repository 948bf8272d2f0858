import type { Grade, LeadState } from '@fairlead/events';
import { folded } from '../document/shapes.js';
import { engine } from '../engine.js';
import type { Scored } from './judgement.js';
import { numberOf, type ScorableLead, valueOf } from './lead-values.js';
import type { ConditionDocument } from './model-parts.js';
import type { Model, ModelDocument } from './model.js';
import { judgeByLearned } from './score-learned.js';
import { judgeByPoints } from './score-points.js';

/** How good the lead is, and why, as the event tells it. */
export type Score = Pick<
  Scored,
  | ('state' | 'grade' | 'score' | 'fit' | 'engagement' | 'contributions' | 'missing' | 'model' | 'engine' | 'now')
  | ('probability' | 'shadow')
>;

/** An event names no more. */
const MAX_MISSING = 32;

/**
 * Scores a lead. The contributions of both sides add up to the score exactly: what goes beyond a limit is taken off by a
 * contribution that says so. A grade is given only to a lead that is qualified and complete; the score is told in any case.
 *
 * @param now  milliseconds since the epoch: what a lead did long ago may count for less
 * @param challenger  a model that runs in shadow: what it would have said is told beside, and nothing follows from it
 */
export function scoreLead(lead: ScorableLead, model: Model, now: number, challenger?: Model): Score {
  const { document, version, hash } = model;
  const judged = document.kind === 'learned' ? judgeByLearned(lead, document) : judgeByPoints(lead, document, now);
  const { score, fit, engagement, contributions, probability } = judged;
  const missing = new Set([...lead.missing, ...judged.missing]);

  const disqualified = document.notQualified.filter(({ all }) => all.every((condition) => holds(condition, lead)));
  const state: LeadState =
    disqualified.length > 0 ? 'not-qualified' : lead.missing.length > 0 ? 'incomplete' : 'graded';
  const reasons = disqualified.map(({ reason }) => ({ factor: 'not-qualified', points: 0, reason }));

  return {
    state,
    grade: state === 'graded' ? gradeOf(score, document.grades) : null,
    ...{ score, fit, engagement },
    contributions: [...reasons, ...contributions],
    missing: [...missing].slice(0, MAX_MISSING),
    model: { name: document.name, version, hash },
    engine,
    now,
    ...(probability !== undefined && { probability }),
    ...(challenger && { shadow: shadowOf(scoreLead(lead, challenger, now)) }),
  };
}

function shadowOf({ model, state, grade, score, probability }: Score): NonNullable<Scored['shadow']> {
  return { model, state, grade, score, ...(probability !== undefined && { probability }) };
}

export function gradeOf(score: number, { A, B, C }: ModelDocument['grades']): Grade {
  return score >= A ? 'A' : score >= B ? 'B' : score >= C ? 'C' : 'D';
}

function holds({ field, is, below, known }: ConditionDocument, lead: ScorableLead): boolean {
  const value = valueOf(field, lead);
  if (known !== undefined) return (value !== undefined) === known;
  if (value === undefined) return false;
  if (is) return is.some((word) => folded(word) === folded(String(value)));
  const number = numberOf(value);
  return below !== undefined && number !== undefined && number < below;
}
