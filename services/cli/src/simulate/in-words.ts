import picocolors from 'picocolors';
import { percent, points, pointsBetween, rateBetween, whole } from '../report-page/written.js';
import type { Figures, QuarterFigures } from './figures.js';
import { defaultParameters, parameterList, parameterNames } from './parameters.js';
import { type Kind, kinds } from './play.js';
import {
  euros,
  honestSentence,
  moreInPercent,
  naiveSentence,
  revenueSentence,
  sensitivitySentence,
} from './sentences.js';
import type { PolicyOutcome, Sensitivity, Simulation } from './simulate.js';

const { bold, dim } = picocolors;

export const kindNames: Readonly<Record<Kind, string>> = {
  ...{ A: 'A', B: 'B', C: 'C', D: 'D' },
  incomplete: 'incomplete',
  'not-qualified': 'no lead',
};

/** The report for a terminal. @param command  what makes it again */
export function reportInWords(simulation: Simulation, command: string): string {
  const { quarters, leads, partners, seed, policies, sensitivity, engine, model, roster } = simulation;
  const revenue = revenueSentence(simulation);
  return [
    bold('The spiral, simulated'),
    `  ${whole(quarters)} quarters of ${whole(leads)} leads, ${whole(partners)} partners and direct sales, seed ${seed}. Scored and routed by the decisions that run live; what people do is assumed.`,
    ...(policies.length > 1
      ? ['  The same people, leads and luck under each policy: what differs is the policy’s doing.']
      : []),
    ...policies.flatMap((policy) => ['', ...policyInWords(policy)]),
    ...(revenue === null ? [] : ['', bold('Revenue'), '', ...wrapped(revenue)]),
    ...(sensitivity ? ['', ...sensitivityInWords(sensitivity)] : []),
    '',
    bold('What is assumed'),
    '',
    ...aligned(
      ['', 'value', 'from', 'meaning'],
      parameterNames.map((name) => {
        const { source, meaning } = parameterList[name];
        const value = simulation.parameters[name];
        return [name, `${value}${value === defaultParameters[name] ? '' : ' *'}`, source, meaning];
      }),
      new Set([0, 2, 3]),
    ),
    ...(parameterNames.some((name) => simulation.parameters[name] !== defaultParameters[name])
      ? [dim('  * not as by default')]
      : []),
    '',
    ...[
      ['policies', policies.map(({ name, hash }) => `${name} ${hash}`).join(', ')],
      ['model', `${model.name} ${model.hash}`],
      ['roster', roster],
      ['engine', engine],
      ['made again by', command],
    ].map(([name = '', value = '']) => `  ${dim(name.padEnd(14))} ${value}`),
    '',
  ].join('\n');
}

function policyInWords(outcome: PolicyOutcome): string[] {
  const { name, quarters, total, lastYear } = outcome;
  const rows = <T extends Figures>(cells: (figures: T | Figures) => string[], each: readonly T[]) => [
    ...each.map((figures, index) => [String(index + 1), ...cells(figures)]),
    ['all', ...cells(total)],
  ];
  return [
    bold(`Under ${name}`),
    '',
    `  Who got the leads: direct’s share of each kind, and what partners did with theirs`,
    '',
    ...aligned(
      [
        'quarter',
        'leads',
        ...kinds.map((kind) => kindNames[kind]),
        'nobody’s',
        'named accounts',
        'partners called',
        'after',
      ],
      rows<QuarterFigures>(
        (figures) => [
          whole(figures.leads),
          ...kinds.map((kind) => directShare(figures, kind)),
          whole(kinds.reduce((sum, kind) => sum + figures.kinds[kind].nobody, 0)),
          'list' in figures ? whole(figures.list.entries) : '',
          percent(figures.channel.worked.value),
          'attitude' in figures ? `${figures.attitude.channel.hours.toFixed(0)} h` : '',
        ],
        quarters,
      ),
    ),
    '',
    '  What became of them, with 95 % intervals',
    '',
    ...aligned(
      ['quarter', 'direct', 'opportunities', 'of those won', 'partners', 'opportunities', 'of those won'],
      rows(
        ({ direct, channel }) =>
          [direct, channel].flatMap(({ given, opportunities, wonOfOpportunities }) => [
            whole(given),
            rateBetween(opportunities),
            rateBetween(wonOfOpportunities),
          ]),
        quarters,
      ),
    ),
    '',
    '  How far direct is ahead in opportunities, and why, in points: better leads and better work add up to it',
    '',
    ...aligned(
      ['quarter', 'plain report', 'better leads', 'better work: like for like (95 %)', 'revenue'],
      rows(
        ({ apart: { opportunities: apart }, revenue }) => [
          apart ? points(apart.gap.value) : '–',
          apart ? points(apart.betterLeads.value) : '–',
          apart ? pointsBetween(apart.betterWork) : '–',
          euros(revenue),
        ],
        quarters,
      ),
    ),
    '',
    `  ${dim(quarters.length > 4 ? 'Of the last four quarters' : 'Of all quarters')} the plain report says:`,
    ...wrapped(`“${naiveSentence(lastYear)}”`),
    '  And like for like:',
    ...wrapped(`“${honestSentence(outcome)}”`),
  ];
}

export function directShare({ kinds: byKind }: Figures, kind: Kind): string {
  const { leads, nobody, direct } = byKind[kind];
  return leads === nobody ? '–' : percent(direct / (leads - nobody));
}

function sensitivityInWords(sensitivity: Sensitivity): string[] {
  const { elasticities, skills, byElasticityAndSkill, byExpected, leads, partners, quarters } = sensitivity;
  return [
    bold('What if people were otherwise'),
    '',
    `  How much more revenue fair brings than legacy, over ${whole(quarters)} quarters of ${whole(leads)} leads and ${whole(partners)} partners; less than nothing: legacy earns more`,
    '',
    ...aligned(
      ['elasticity', ...skills.map((times) => `direct’s skill × ${times}`)],
      elasticities.map((elasticity, row) => [
        String(elasticity),
        ...(byElasticityAndSkill[row] ?? []).map(moreInPercent),
      ]),
    ),
    '',
    ...aligned(
      ['expected of leads', ...byExpected.map(({ expected }) => percent(expected, 0))],
      [['', ...byExpected.map(({ more }) => moreInPercent(more))]],
    ),
    '',
    ...wrapped(sensitivitySentence(sensitivity)),
  ];
}

/** Columns as wide as their widest cell: figures to the right, words to the left. */
function aligned(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  words: ReadonlySet<number> = new Set(),
): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells
      .map((cell, column) =>
        words.has(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')}`.trimEnd();
  return [dim(line(headings)), ...rows.map(line)];
}

const LINE = 116;

/** A paragraph, indented, in lines that fit on a terminal. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < LINE) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`    ${word}`);
  }
  return lines;
}
