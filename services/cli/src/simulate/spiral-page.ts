import { barChart } from '../report-page/bar-chart.js';
import { type Axis, type Tone } from '../report-page/chart.js';
import { lineChart } from '../report-page/line-chart.js';
import { type Content, markup, type Markup } from '../report-page/markup.js';
import { keyFigures, reportPage } from '../report-page/page.js';
import { type Cell, table } from '../report-page/table.js';
import { percent, points, pointsBetween, rateBetween, whole } from '../report-page/written.js';
import type { Figures, QuarterFigures } from './figures.js';
import { directShare, kindNames } from './in-words.js';
import { defaultParameters, parameterList, parameterNames, type Source } from './parameters.js';
import { kinds } from './play.js';
import {
  euros,
  honestSentence,
  moreInPercent,
  naiveSentence,
  revenueSentence,
  sensitivitySentence,
} from './sentences.js';
import type { PolicyOutcome, Sensitivity, Simulation } from './simulate.js';

const tones: readonly Tone[] = ['first', 'second', 'third', 'fourth'];

/** The report as a page for a meeting. @param command  what makes it again */
export function spiralPage(simulation: Simulation, command: string): string {
  const { seed, quarters, leads, partners, policies, sensitivity, engine, model, roster } = simulation;
  return reportPage({
    title: 'What a way of sharing out leads does to those who work them',
    kicker: 'Fairlead, a simulation',
    summary: markup`<p class="lead">${opening(simulation)}</p>
<p>${whole(quarters)} quarters of ${whole(leads)} leads, ${whole(partners)} partners and the vendor’s direct sales. Leads are scored and routed by the very functions that run live. People are made up: how they behave is assumed, written below, and the same under every policy, and so are the leads and their luck.</p>
${keyFigures(headline(simulation))}`,
    sections: [
      { id: 'reports', heading: 'What the reports say of the last year', content: reports(policies) },
      { id: 'quarters', heading: 'Quarter by quarter', content: charts(policies) },
      ...(sensitivity
        ? [{ id: 'otherwise', heading: 'What if people were otherwise', content: otherwise(sensitivity) }]
        : []),
      { id: 'figures', heading: 'All figures', content: policies.map(allFigures) },
      { id: 'assumed', heading: 'What is assumed', content: assumed(simulation) },
    ],
    provenance: [
      ['Made again by', markup`<code>${command}</code>`],
      ['Seed', String(seed)],
      ...policies.map(({ name, hash }) => [`Policy ${name}`, markup`<code>${hash}</code>`] as const),
      [`Score model ${model.name}`, markup`<code>${model.hash}</code>`],
      ['Roster', markup`<code>${roster}</code>`],
      ['Engine', markup`<code>${engine}</code>`],
    ],
  });
}

function opening(simulation: Simulation): string {
  const [one, other] = simulation.policies;
  if (!one || !other || simulation.policies.length > 2)
    return 'Partners follow up leads as long as leads are worth it. This shows what each policy makes of that.';
  const lastOf = ({ quarters }: PolicyOutcome) => percent(quarters.at(-1)?.channel.worked.value ?? null, 0);
  return (
    `Partners follow up leads as long as leads are worth it. In the last quarter they call ${lastOf(one)} of theirs under ${one.name}, ` +
    `and ${lastOf(other)} under ${other.name}. ${revenueSentence(simulation) ?? ''}`
  );
}

function headline({ policies }: Simulation) {
  return policies.flatMap(({ name, quarters, lastYear, total }) => {
    const [first, last] = [quarters[0], quarters.at(-1)];
    const work = lastYear.apart.opportunities?.betterWork;
    return [
      {
        name: `Leads that partners call, under ${name}`,
        value: percent(last?.channel.worked.value ?? null, 0),
        note: `in the last quarter; ${percent(first?.channel.worked.value ?? null, 0)} in the first`,
      },
      {
        name: `Leads to opportunities, under ${name}`,
        value: `${percent(lastYear.channel.opportunities.value)} partners`,
        note: `${percent(lastYear.direct.opportunities.value)} direct; like for like ${work ? `${pointsBetween(work)} points apart` : 'nothing to compare'}`,
      },
      {
        name: `Revenue under ${name}`,
        value: euros(total.revenue),
        note: `${euros(total.direct.revenue)} direct, ${euros(total.channel.revenue)} partners`,
      },
    ];
  });
}

function reports(policies: readonly PolicyOutcome[]): Content {
  return markup`<div class="charts">${policies.map(
    (outcome, index) => markup`<div><h3>Under ${outcome.name}</h3>
<blockquote><cite>The plain report</cite><p>${naiveSentence(outcome.lastYear)}</p></blockquote>
<blockquote class="${toneOf(index)}"><cite>Like for like</cite><p>${honestSentence(outcome)}</p></blockquote></div>
`,
  )}</div>`;
}

const shareAxis = (label: string): Axis => ({ label, written: (value) => percent(value, 0) });

function charts(policies: readonly PolicyOutcome[]): Content {
  const along = { label: 'quarter', names: (policies[0]?.quarters ?? []).map(({ quarter }) => String(quarter)) };
  const each = <T>(draw: (outcome: PolicyOutcome, index: number) => T): T[] => policies.map(draw);
  const line = (value: (figures: QuarterFigures) => number | null) =>
    each(({ name, quarters }, index) => ({ name, tone: toneOf(index), values: quarters.map(value) }));
  const all = policies.flatMap(({ quarters }) => quarters);
  const highest = Math.max(
    ...all.flatMap(({ direct, channel }) => [direct.opportunities.high ?? 0, channel.opportunities.high ?? 0]),
  );
  const gaps = all.flatMap(({ apart: { opportunities: apart } }) =>
    apart ? [apart.betterLeads.value + apart.betterWork.high, apart.betterWork.low, apart.gap.low] : [],
  );
  return markup`<div class="charts">
${lineChart({
  ...{ id: 'chart-follow-up', title: 'Leads that partners call', along },
  description:
    'Of the leads that partners were given, the share that they called at all, quarter by quarter, a line for each policy.',
  axis: { ...shareAxis('of the leads that partners were given'), to: 1 },
  lines: line(({ channel }) => channel.worked.value),
})}
${lineChart({
  ...{ id: 'chart-revenue', title: 'Revenue', along },
  description: 'Revenue of direct sales and partners together, quarter by quarter, a line for each policy.',
  axis: { label: 'million euros, direct and partners together', written: (value) => (value / 1_000_000).toFixed(1) },
  lines: line(({ revenue }) => revenue),
})}
${each(({ name, quarters }, index) =>
  lineChart({
    ...{ id: `chart-rates-${index}`, title: `Leads that become opportunities, under ${name}`, along },
    description: `Of the leads that each side was given under ${name}, the share that became opportunities, quarter by quarter, with 95 % intervals.`,
    axis: { ...shareAxis('of the leads given, with 95 % intervals'), to: highest },
    lines: (['direct', 'channel'] as const).map((side) => ({
      name: side === 'direct' ? 'direct sales' : 'partners',
      tone: side === 'direct' ? 'third' : 'fourth',
      values: quarters.map((figures) => figures[side].opportunities.value),
      between: quarters.map((figures) => intervalOf(figures[side].opportunities)),
    })),
  }),
)}
${each(({ name, quarters }, index) =>
  barChart({
    ...{ id: `chart-apart-${index}`, title: `Why direct is ahead, under ${name}`, along, stacked: true },
    description: `How many points direct's share of opportunities is ahead of the partners' under ${name}: the part that better leads make, and the part that better work makes, with its 95 % interval.`,
    axis: {
      ...{
        label: 'points, in opportunities; better work with its 95 % interval',
        written: (value) => points(value, 0),
      },
      ...{ from: Math.min(0, ...gaps), to: Math.max(0, ...gaps) },
    },
    bars: [
      {
        ...{ name: 'better leads', tone: 'third' },
        values: quarters.map(({ apart }) => apart.opportunities?.betterLeads.value ?? null),
      },
      {
        ...{ name: 'better work, like for like', tone: 'fourth' },
        values: quarters.map(({ apart }) => apart.opportunities?.betterWork.value ?? null),
        between: quarters.map(({ apart }) => apart.opportunities?.betterWork ?? null),
      },
    ],
  }),
)}
${barChart({
  ...{ id: 'chart-shares', title: 'Who gets which leads' },
  along: { label: 'grade', names: kinds.map((kind) => kindNames[kind]) },
  description:
    'Of the leads of each grade that somebody was given in all quarters, the share of direct sales, a bar for each policy. The rest are the partners’.',
  axis: { ...shareAxis('direct’s share of those that anybody was given'), to: 1 },
  bars: each(({ name, total }, index) => ({
    ...{ name, tone: toneOf(index) },
    values: kinds.map((kind) => {
      const { leads, nobody, direct } = total.kinds[kind];
      return leads === nobody ? null : direct / (leads - nobody);
    }),
  })),
})}
${lineChart({
  ...{ id: 'chart-worth', title: 'What partners find their leads to be worth', along },
  description:
    'Of the leads that partners called, the share that became opportunities, quarter by quarter, a line for each policy. Their follow-up in the next quarters depends on it.',
  axis: shareAxis('opportunities, of the leads that they called'),
  lines: line(({ channel }) => channel.opportunitiesOfWorked.value),
})}
</div>`;
}

function intervalOf({ low, high }: { readonly low: number | null; readonly high: number | null }) {
  return low === null || high === null ? null : { low, high };
}

function allFigures({ name, document, dumpsNotQualified, quarters, total }: PolicyOutcome): Content {
  const rows = (cells: (figures: QuarterFigures | Figures) => readonly Cell[]): (readonly Cell[])[] => [
    ...quarters.map((figures) => [String(figures.quarter), ...cells(figures)]),
    ['all', ...cells(total)],
  ];
  const columns = (headings: readonly string[]) => [
    { heading: 'quarter', kind: 'text' as const },
    ...headings.map((heading) => ({ heading })),
  ];
  return markup`<h3>Under ${name}</h3>
${table({
  caption: `Who got the leads under ${name}: direct’s share of each grade, and what partners did with theirs`,
  columns: columns([
    'leads',
    ...kinds.map((kind) => kindNames[kind]),
    'nobody’s',
    'named accounts',
    'partners called',
    'after',
  ]),
  rows: rows((figures) => [
    whole(figures.leads),
    ...kinds.map((kind) => directShare(figures, kind)),
    whole(kinds.reduce((sum, kind) => sum + figures.kinds[kind].nobody, 0)),
    'list' in figures ? whole(figures.list.entries) : '',
    percent(figures.channel.worked.value),
    'attitude' in figures ? `${figures.attitude.channel.hours.toFixed(0)} h` : '',
  ]),
  total: true,
})}
${table({
  caption: `What became of them under ${name}, with 95 % intervals`,
  columns: columns(['direct', 'opportunities', 'of those won', 'partners', 'opportunities', 'of those won']),
  rows: rows(({ direct, channel }) =>
    [direct, channel].flatMap((side) => [
      whole(side.given),
      rateBetween(side.opportunities),
      rateBetween(side.wonOfOpportunities),
    ]),
  ),
  total: true,
})}
${table({
  caption: `How far direct is ahead in opportunities under ${name}, and why, in points; and what all of it came to`,
  columns: columns([
    'plain report',
    'better leads',
    'better work: like for like (95 %)',
    'direct’s revenue',
    'partners’ revenue',
    'revenue',
  ]),
  rows: rows(({ direct, channel, apart: { opportunities: apart }, revenue }) => [
    apart ? points(apart.gap.value) : '–',
    apart ? points(apart.betterLeads.value) : '–',
    apart ? pointsBetween(apart.betterWork) : '–',
    ...[direct.revenue, channel.revenue, revenue].map(euros),
  ]),
  total: true,
})}
<details><summary>The policy ${name}, as it was played</summary><pre>${JSON.stringify(document, null, 2)}</pre>${
    dumpsNotQualified &&
    markup`<p>Besides, leads that are not qualified were handed to partners one after the other by hand, as an override: no policy of Fairlead’s does that.</p>`
  }</details>
`;
}

function otherwise(sensitivity: Sensitivity): Markup {
  const { elasticities, skills, byElasticityAndSkill, byExpected, leads, partners, quarters } = sensitivity;
  const cell = (more: number | null): Cell =>
    more === null || more === 0 ? moreInPercent(more) : { text: moreInPercent(more), is: more > 0 ? 'good' : 'bad' };
  return markup`<p>${sensitivitySentence(sensitivity)}</p>
<p class="quiet">How much more revenue the policy fair brings than legacy, over ${whole(quarters)} quarters of ${whole(leads)} leads and ${whole(partners)} partners, each figure from one run with the seed below. Less than nothing: legacy earns more. A few percent to either side are chance.</p>
${table({
  caption:
    'By how partners respond to what they were given, and by how much more of the same leads direct makes than partners do',
  columns: [
    { heading: 'elasticity of follow-up', kind: 'text' },
    ...skills.map((times) => ({ heading: `direct’s skill × ${times}` })),
  ],
  rows: elasticities.map((elasticity, row) => [String(elasticity), ...(byElasticityAndSkill[row] ?? []).map(cell)]),
})}
${table({
  caption: 'By the share of leads that must become opportunities for people to work at their best',
  columns: [
    { heading: 'expected of leads', kind: 'text' },
    ...byExpected.map(({ expected }) => ({ heading: percent(expected, 0) })),
  ],
  rows: [['fair beside legacy', ...byExpected.map(({ more }) => cell(more))]],
})}`;
}

const sources: Readonly<Record<Source, string>> = {
  article: 'told in the article',
  survey: 'found in its survey',
  assumed: 'assumed',
};

function assumed({ parameters }: Simulation): Markup {
  return markup`<p>A party, direct or partner, works a lead with a chance that depends on what share of the leads that it worked before became opportunities. A lead that is worked becomes an opportunity by its own quality, which its grade shows only in part, by how fast it was called, and by the party’s skill. The plain report of each quarter decides how many accounts direct dares to write onto its list in the next.</p>
<p>Left out, although Fairlead does it, because it would favour the policy that uses it: offers that run out and go on to the next party, leads that are held until what they lack is known. Left out as well: how many leads a party can work at once, and partners who choose among their leads by grade. A simulation shows what follows from assumptions. It is no forecast of anybody’s revenue.</p>
${table({
  caption: 'Everything that is assumed about people and markets; shares and chances are shares of 1',
  columns: [
    { heading: 'name', kind: 'text' },
    { heading: 'value' },
    { heading: 'where from', kind: 'text' },
    { heading: 'meaning', kind: 'prose' },
  ],
  rows: parameterNames.map((name) => [
    name,
    parameters[name] === defaultParameters[name]
      ? String(parameters[name])
      : { text: `${parameters[name]}, not ${defaultParameters[name]}`, is: 'mark' },
    sources[parameterList[name].source],
    parameterList[name].meaning,
  ]),
})}`;
}

function toneOf(index: number): Tone {
  return tones[index % tones.length] ?? 'first';
}
