import { statSync } from 'node:fs';
import {
  type LearnedDocument,
  type Model,
  modelOf,
  rate,
  readModel,
  type Rate,
  scoreLead,
  valueOf,
} from '@fairlead/decisions';
import { CommandFailed } from '../api/command-failed.js';
import { readMapping } from '../import/mapping-file.js';
import { readDocument } from '../log/read-otherwise.js';
import { assess, aucOf, type Figures, proposedLimits } from './assess.js';
import { crossValidate, probabilityOf } from './cross-validate.js';
import type { Example, Examples } from './examples.js';
import { learn } from './learn.js';
import { readFile } from './read-file.js';
import { readLog } from './read-log.js';
import { type Ended, type LeftOut, type Survey, survey } from './survey.js';

export interface DataOptions {
  readonly data: string;
  readonly map?: string;
  readonly exclude: readonly string[];
}

export interface Progress {
  read(done: number, of: number): void;
  learned(done: number, of: number): void;
}

/** What became of the leads of a grade. */
export interface OfGrade {
  readonly grade: string;
  /** The least score; null for D and for leads without a grade. */
  readonly from: number | null;
  readonly won: Rate;
}

/** What is known of how well a model judges. */
export interface Study {
  readonly leads: number;
  readonly won: number;
  /** Leads whose end is not known. */
  readonly open: number;
  readonly auc: number | null;
  /** Null for a points model: it does not say how likely a sale is. */
  readonly brier: number | null;
  readonly brierOfAverage: number;
  readonly logLoss: number | null;
  readonly calibration: Figures['calibration'];
  readonly grades: readonly OfGrade[];
  readonly proposedLimits: { readonly A: number; readonly B: number; readonly C: number };
  /** By how many parts it was cross-validated; null where a given model was judged. */
  readonly folds: number | null;
  readonly leftOut: readonly LeftOut[];
  readonly suspicious: Survey['suspicious'];
  readonly warnings: readonly string[];
}

export interface Predicted {
  readonly id: string;
  readonly probability: number;
}

/** Fewer of either kind are no experience. */
const LEAST_OF_EACH = 20;

export async function readExamples(
  { data, map, exclude }: DataOptions,
  { withoutOutcome }: { withoutOutcome: boolean },
  progress: Progress,
): Promise<Examples> {
  if (isFolder(data)) {
    if (exclude.length > 0) throw new CommandFailed('A log has no columns: --exclude is for tables.');
    return readLog(data, (done, of) => progress.read(done, of));
  }
  if (map === undefined) throw new CommandFailed('--map FILE is missing: it says which column is what.');
  const mapping = await readMapping(map);
  return readFile(data, { mapping, exclude, withoutOutcome, onProgress: (done, of) => progress.read(done, of) });
}

/** @throws CommandFailed with everything that is wrong in it, by line and key */
export function readModelFile(path: string): Model['document'] {
  return readDocument(path, 'model', readModel);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Learns a model from all leads, and judges the way it was learned by leads that it did not see. */
export function trainModel(
  examples: Examples,
  { name, folds, keepLeaky }: { name: string; folds: number; keepLeaky: boolean },
  progress: Progress,
): { readonly model: LearnedDocument; readonly study: Study; readonly predictions: readonly Predicted[] } {
  const surveyed = survey(examples, keepLeaky);
  const { ended, factors, leftOut } = surveyed;
  mustBeEnough(ended);
  if (factors.length === 0)
    throw new CommandFailed(`There is nothing to learn from: no column is left.${unmapped(examples)}`);
  const draft = learn({ name, factors, examples: ended });
  progress.learned(1, folds + 1);
  const fields = new Set(leftOut.map(({ field }) => field));
  const judged = crossValidate(ended, examples.names, fields, folds, (fold) => progress.learned(fold + 1, folds + 1));

  const scores = judged.map((probability) => scoreOf(probability, draft));
  const limits = proposedLimits(scores);
  const figures = assess(ended.map(({ won }, index) => ({ probability: (judged[index] ?? 0) / 1e6, won })));
  const model: LearnedDocument = {
    ...draft,
    grades: limits,
    learned: { leads: figures.leads, won: figures.won, auc: ppm(figures.auc ?? 0.5), brier: ppm(figures.brier) },
  };
  const byGrade = ended.map(({ won }, index) => ({ grade: gradeBy(scores[index] ?? 0, limits), won }));
  const study: Study = {
    ...figures,
    open: examples.examples.length - ended.length,
    grades: gradesOf(byGrade, limits),
    proposedLimits: limits,
    folds,
    leftOut,
    suspicious: surveyed.suspicious,
    warnings: warningsOf(examples, surveyed),
  };
  const unseen = new Map(ended.map((example, index) => [example as Example, judged[index] ?? 0]));
  const predictions = examples.examples.map((example) => ({
    id: example.id,
    probability: (unseen.get(example) ?? probabilityOf(model, example.lead)) / 1e6,
  }));
  return { model, study, predictions };
}

/** Judges a model by leads, whether or not it has seen them. */
export function judgeModel(
  examples: Examples,
  model: Model['document'],
): { readonly study: Study; readonly predictions: readonly Predicted[] | undefined } {
  const known = modelOf(model, 1);
  const scored = examples.examples.map(({ id, lead, won }) => {
    const { score, grade, state, probability } = scoreLead({ ...lead, missing: [] }, known, 0);
    return {
      id,
      won,
      score,
      grade: grade ?? state,
      probability: probability === undefined ? undefined : probability / 1e6,
    };
  });
  const ended = scored.filter((each): each is typeof each & { won: boolean } => each.won !== undefined);
  const estimates = model.kind === 'learned';
  const figures = assess(ended.map(({ probability, won }) => ({ probability: probability ?? 0, won })));
  const limits = ended.length > 0 ? proposedLimits(ended.map(({ score }) => score)) : model.grades;
  const study: Study = {
    ...figures,
    open: scored.length - ended.length,
    auc: estimates ? figures.auc : aucOf(ended.map(({ score, won }) => ({ value: score, won }))),
    brier: estimates && ended.length > 0 ? figures.brier : null,
    logLoss: estimates && ended.length > 0 ? figures.logLoss : null,
    calibration: estimates && ended.length > 0 ? figures.calibration : [],
    grades: gradesOf(ended, model.grades),
    proposedLimits: limits,
    folds: null,
    leftOut: [],
    suspicious: [],
    warnings: [...warningsOf(examples), ...unfilled(examples, model)],
  };
  const predictions = scored.map(({ id, probability = 0 }) => ({ id, probability }));
  return { study, predictions: estimates ? predictions : undefined };
}

function mustBeEnough(ended: readonly Ended[]): void {
  const won = ended.filter((each) => each.won).length;
  const least = Math.min(won, ended.length - won);
  if (least >= LEAST_OF_EACH) return;
  throw new CommandFailed(
    `Of ${ended.length} leads with a known end, ${won} were won: a model needs ${LEAST_OF_EACH} that were and as many that were not.`,
    { leads: ended.length, won },
  );
}

/** Where a chance stands on the model's scale. */
function scoreOf(probability: number, { scale: { even, double } }: LearnedDocument): number {
  const p = Math.max(1, Math.min(999_999, probability)) / 1e6;
  return Math.max(0, Math.min(100, Math.round((even + double * Math.log2(p / (1 - p))) / 1_000)));
}

/** The first columns that the mapping passes over. */
function unmapped({ leftOut }: Examples): string {
  const [first] = leftOut;
  if (first === undefined) return '';
  const named = leftOut.slice(0, 10).map((column) => `“${column}”`);
  const more = leftOut.length > named.length ? ' and others' : '';
  return ` The mapping does not say what ${named.join(', ')}${more} are: name what is known when a lead comes in, such as { "${first}": "attributes.${first}" }.`;
}

function gradeBy(score: number, { A, B, C }: Study['proposedLimits']): string {
  return score >= A ? 'A' : score >= B ? 'B' : score >= C ? 'C' : 'D';
}

function gradesOf(judged: readonly { grade: string; won: boolean }[], limits: Study['proposedLimits']): OfGrade[] {
  const from = new Map<string, number>(Object.entries(limits));
  const grades = ['A', 'B', 'C', 'D', 'not-qualified'].map((grade) => {
    const own = judged.filter((each) => each.grade === grade);
    return { grade, from: from.get(grade) ?? null, won: rate(own.filter(({ won }) => won).length, own.length) };
  });
  return grades.filter(({ grade, won }) => grade !== 'not-qualified' || won.trials > 0);
}

function warningsOf({ leftOut, notUnderstood, hasIds }: Examples, surveyed?: Survey): string[] {
  return [
    ...(leftOut.length > 0 ? [`Not in the mapping, and left out: ${leftOut.join(', ')}.`] : []),
    ...notUnderstood.map(
      ({ field, rows, firstRow, detail }) =>
        `${field} is not understood in ${rows} rows, row ${firstRow} first, and counts as not known there. ${detail}`,
    ),
    ...(hasIds ? [] : ['The mapping fills no externalId: leads are called by the number of their row.']),
    ...(surveyed?.leftOut ?? [])
      .filter(({ why }) => why === 'tells the outcome')
      .map(
        ({ column, auc = 0 }) =>
          `${column} alone tells won leads from others with an AUC of ${auc.toFixed(3)}: it was written when the end was known, and is left out (--keep-leaky keeps it).`,
      ),
    ...(surveyed?.suspicious ?? []).map(
      ({ column, auc }) =>
        `${column} (AUC ${auc.toFixed(3)} alone): is it known when a lead comes in? If not, --exclude "${column}".`,
    ),
  ];
}

/** A model that is shown other fields than it learned from says next to nothing, and looks as if it did. */
function unfilled({ examples }: Examples, model: Model['document']): string[] {
  const asked = [...model.fit.factors, ...model.engagement.factors].map(({ field }) => field);
  const never = asked.filter((field) => !examples.some(({ lead }) => valueOf(field, lead) !== undefined));
  return never.length === 0 ? [] : [`The model looks at what no lead here has: ${never.join(', ')}.`];
}

function ppm(value: number): number {
  return Math.round(value * 1e6);
}
