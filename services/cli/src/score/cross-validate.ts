import { type LearnedDocument, modelOf, scoreLead } from '@fairlead/decisions';
import { aucOf } from './assess.js';
import type { Example } from './examples.js';
import { factorsOf, levelCount, levelsOf, type Factor } from './factors.js';
import { foldsOf } from './folds.js';
import { learn } from './learn.js';

type Ended = Example & { readonly won: boolean };

/** The same for everyone, so that two runs over the same leads tell the same. */
const SEED = 7;

/**
 * Judges each lead by a model that was learned without it.
 * Stone, M. (1974): Cross-validatory choice and assessment of statistical predictions. JRSS B 36, 111–147.
 * @returns parts per million, in the order of the leads
 */
export function crossValidate(
  examples: readonly Ended[],
  names: ReadonlyMap<string, string>,
  leftOut: ReadonlySet<string>,
  folds: number,
  onFold: (done: number) => void,
): number[] {
  const parts = foldsOf(
    examples.map(({ won }) => won),
    folds,
    SEED,
  );
  const judged = new Array<number>(examples.length).fill(0);
  for (let fold = 0; fold < folds; fold++) {
    const seen = examples.filter((_, index) => parts[index] !== fold);
    const factors = factorsOf(seen, names).factors.filter(({ field }) => !leftOut.has(field));
    const document = learn({ name: 'fold', factors, examples: seen });
    examples.forEach(({ lead }, index) => {
      if (parts[index] === fold) judged[index] = probabilityOf(document, lead);
    });
    onFold(fold + 1);
  }
  return judged;
}

/** Parts per million, by the very function that scores leads. */
export function probabilityOf(document: LearnedDocument, lead: Example['lead']): number {
  return scoreLead({ ...lead, missing: [] }, modelOf(document, 1), 0).probability ?? 0;
}

/** How well a factor alone, as it was learned from other leads, tells won leads from others. */
export function aucAlone(factor: Factor, examples: readonly Ended[]): number {
  const levels = levelsOf(factor, examples);
  const won = examples.map((example) => example.won);
  const parts = foldsOf(won, 5, SEED);
  const count = levelCount(factor);
  const totals = [new Float64Array(count * 5), new Float64Array(count * 5)] as const;
  levels.forEach((level, index) => {
    const place = level * 5 + (parts[index] ?? 0);
    totals[0][place] = (totals[0][place] ?? 0) + 1;
    if (won[index]) totals[1][place] = (totals[1][place] ?? 0) + 1;
  });
  const share = won.filter(Boolean).length / won.length;
  const without = (of: Float64Array, level: number, part: number) =>
    of.subarray(level * 5, level * 5 + 5).reduce((sum, each, at) => (at === part ? sum : sum + each), 0);
  const judged = won.map((came, index) => {
    const [level, part] = [levels[index] ?? 0, parts[index] ?? 0];
    // Ten leads of the average, so that a level of two leads is not taken at its word.
    const value = (without(totals[1], level, part) + 10 * share) / (without(totals[0], level, part) + 10);
    return { value, won: came };
  });
  return aucOf(judged) ?? 0.5;
}
