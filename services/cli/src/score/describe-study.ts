import type { LearnedDocument, Rate } from '@fairlead/decisions';
import { printLine, printTable } from '../api/print.js';
import type { Study } from './study.js';

/** The study, for people. */
export function describe(study: Study): void {
  const { leads, won, open, folds, leftOut, warnings } = study;
  for (const warning of warnings) printLine(`! ${printable(warning)}`);
  const quiet = leftOut.filter(({ why }) => why !== 'tells the outcome');
  if (quiet.length > 0)
    printLine(`Left out: ${quiet.map(({ column, why }) => `${printable(column)} (${why})`).join(', ')}.`);
  if (warnings.length + quiet.length > 0) printLine('');
  const ofOpen = open > 0 ? ` ${number(open)} more have no known end.` : '';
  printLine(
    `${number(leads)} leads with a known end, ${number(won)} of them won (${percent(won / Math.max(1, leads))}).${ofOpen}`,
  );
  if (leads === 0) return;
  const how =
    folds === null ? 'by the model that was given' : `each lead by a model that did not see it, ${folds} parts`;
  printLine(
    `AUC ${figure(study.auc)}, Brier ${figure(study.brier)} (${figure(study.brierOfAverage)} for the average), log loss ${figure(study.logLoss)}: ${how}.`,
  );
  if (study.calibration.length > 0) {
    printLine('\nWhat was expected and what came, by tenths of leads');
    printTable(
      ['LEADS', 'EXPECTED', 'CAME', '95 %'],
      study.calibration.map((tenth) => [number(tenth.leads), percent(tenth.expected), ...shown(tenth.came)]),
    );
  }
  printLine('\nConversion by grade');
  printTable(
    ['GRADE', 'FROM', 'LEADS', 'WON', '95 %'],
    study.grades.map(({ grade, from, won: of }) => [
      grade,
      from === null ? '' : String(from),
      number(of.trials),
      ...shown(of),
    ]),
  );
  const { A, B, C } = study.proposedLimits;
  if (folds === null)
    printLine(
      `For a fifth, three tenths, three tenths and a fifth of these leads: A from ${A}, B from ${B}, C from ${C}.`,
    );
}

export function describeModel(model: LearnedDocument, out: string | undefined): void {
  const strongest = [...model.fit.factors, ...model.engagement.factors]
    .map((factor) => {
      const weights = [...(factor.bands ?? []).map(({ weight }) => weight), ...Object.values(factor.words ?? {})];
      const all = [...weights, factor.otherwise, factor.missing];
      const [least, most] = [Math.min(...all), Math.max(...all)];
      return { name: factor.name ?? factor.field, least, most };
    })
    .sort((one, other) => other.most - other.least - (one.most - one.least));
  printLine(
    `\nThe model ${model.name}: every ${model.scale.double / 1_000} points double the odds; 50:50 is at ${points(model.scale.even)}.`,
  );
  printTable(
    ['FACTOR', 'LEAST', 'MOST'],
    strongest.slice(0, SHOWN_FACTORS).map(({ name, least, most }) => [name, points(least), points(most)]),
  );
  if (strongest.length > SHOWN_FACTORS) printLine(`… and ${strongest.length - SHOWN_FACTORS} more.`);
  for (const { of } of model.pairs)
    printLine(`Together besides: ${of.map(({ name, field }) => printable(name ?? field)).join(' and ')}.`);
  printLine(
    out === undefined ? '\n--out FILE keeps the model.' : `\nWritten to ${out}: PUT /v1/models/${model.name} takes it.`,
  );
}

/** The strongest; the model tells all. */
const SHOWN_FACTORS = 15;

function points(weight: number): string {
  return (weight / 1_000).toFixed(1).replace(/^-0\.0$/, '0.0');
}

function shown({ value, low, high }: Rate): [string, string] {
  if (value === null || low === null || high === null) return ['', ''];
  return [percent(value), `${percent(low)} to ${percent(high)}`];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function figure(value: number | null): string {
  return value === null ? '–' : value.toFixed(4);
}

function number(count: number): string {
  return count.toLocaleString('en');
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '·');
}
