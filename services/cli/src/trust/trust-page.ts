import type { PromiseKept, Rate } from '@fairlead/decisions';
import type { TrustAnswer } from '@fairlead/outcome-tracking/trust';
import { barChart } from '../report-page/bar-chart.js';
import { type Content, markup, type Markup } from '../report-page/markup.js';
import { keyFigures, reportPage, type Section } from '../report-page/page.js';
import { table } from '../report-page/table.js';
import { NOTHING, percent, points, pointsBetween, rateBetween, whole as count } from '../report-page/written.js';
import { leftOutInWords } from './left-out-in-words.js';
import { isOfOnePosition, type TrustBook } from './trust-book.js';

/** Figures of trust as a page for a meeting: for the vendor, or for the partner that they are as seen by. */
export function trustPage(book: TrustBook): string {
  const { whole, pools, again } = book;
  const { partner } = whole;
  const leftOut = leftOutInWords(whole);
  return reportPage({
    title:
      partner === null ? 'Who got which leads, and what became of them' : `What ${partner} got, and what became of it`,
    kicker: `Fairlead, ${whatIsAsked(whole)}`,
    summary: markup`<p class="lead">${gapSentence(whole)}</p>
${keyFigures(headline(whole))}
${partner !== null && markup`<p>Of the partners ${partner} sees itself alone: the shares, gaps and common mixes are of ${partner} and direct, and what was promised to partners was promised to all of them together. What it is told of these is in its scorecard.</p>`}
${leftOut !== undefined && markup`<p class="quiet">${leftOut}</p>`}`,
    sections: [
      sectionOf(whole, 'all', whole.pool === null ? 'All pools' : `Pool ${whole.pool}`),
      ...pools.map((answer, at) => sectionOf(answer, `pool-${at + 1}`, `Pool ${answer.pool ?? ''}`)),
      { id: 'words', heading: 'What the words mean', content: words(whole) },
    ],
    provenance: [
      ['As of', `${whole.asOf.at}, ${count(whole.asOf.total ?? 0)} events of leads`],
      [
        'Position',
        whole.asOf.events === null
          ? 'not known: this system has events from before they were counted (fairlead rebuild)'
          : markup`<code>${whole.asOf.events.join(' ')}</code>: so many events of each part of the log`,
      ],
      ...(isOfOnePosition(book)
        ? []
        : [['Pools', 'as of a moment later: events came in while they were asked for'] as const]),
      ['Worked out again by', markup`<code>${again.map((line) => markup`${line}<br />`)}</code>`],
    ],
  });
}

function whatIsAsked({ pool, from, to, source, campaign, age }: TrustAnswer): string {
  const period = from === null && to === null ? 'all offers ever made' : `offers made ${from ?? ''} to ${to ?? 'now'}`;
  return [
    period,
    ...(pool === null ? [] : [`in pool ${pool}`]),
    ...(source === null ? [] : [`from source ${source}`]),
    ...(campaign === null ? [] : [`of campaign ${campaign}`]),
    ...(age === null ? [] : [`in their first ${age} days`]),
  ].join(', ');
}

/** Who stands beside direct, in a sentence. */
function others({ partner }: TrustAnswer): string {
  return partner ?? 'partners';
}

function gapSentence(answer: TrustAnswer): string {
  const { gap, partner } = answer;
  const { apart } = gap.qualified;
  if (!apart) return 'Only one side has accepted leads so far: there is nothing to compare.';
  const { gap: all, betterLeads, betterWork } = apart;
  const isChance = betterWork.low <= 0 && betterWork.high >= 0;
  return (
    `From lead to opportunity direct is ${points(all.value)} points apart from ${partner ?? 'its partners'}: ${points(betterLeads.value)} by better leads, and ` +
    `${pointsBetween(betterWork)} by better work${isChance ? ', which cannot be told from chance' : ''}.`
  );
}

function headline(answer: TrustAnswer) {
  const { channels, gap, noWord } = answer;
  const whose = others(answer);
  const [direct, channel] = [channels.direct['all']?.counts, channels.channel['all']?.counts];
  const { qualified } = gap;
  return [
    {
      ...{ name: `Leads accepted by ${whose}`, value: count(channel?.accepted ?? 0) },
      note: `of ${count(channel?.offered ?? 0)} offered; direct ${count(direct?.accepted ?? 0)} of ${count(direct?.offered ?? 0)}`,
    },
    {
      ...{
        name: `Became opportunities at ${whose}, like for like`,
        value: percent(qualified.channel.standardised.value),
      },
      note: `direct ${percent(qualified.direct.standardised.value)}; without regard to the mix ${percent(qualified.channel.crude.value)} and ${percent(qualified.direct.crude.value)}`,
    },
    {
      ...{ name: `Leads of ${whose} without a word in ${noWord.days} days`, value: percent(noWord.channel.value) },
      note: `direct ${percent(noWord.direct.value)}`,
    },
  ];
}

function sectionOf(answer: TrustAnswer, id: string, heading: string): Section {
  const grades = Object.keys(answer.promise);
  const content =
    grades.length === 0
      ? markup`<p>No offers were made.</p>`
      : markup`<div class="charts">${promiseChart(answer, id)}${alikeChart(answer, id)}</div>
${promiseTable(answer)}
${partyTable(answer)}
${gradeTable(answer)}`;
  return { id, heading, content };
}

function promiseChart({ promise, partner }: TrustAnswer, id: string): Markup {
  const grades = Object.keys(promise);
  return barChart({
    id: `${id}-promise`,
    title: `Share of each grade that ${partner ?? 'partners'} received`,
    description:
      partner === null
        ? 'What was promised to partners, beside what they received of the leads under the promise.'
        : `What was promised to all partners together, beside what ${partner} received of the leads under the promise that it or direct kept.`,
    along: { label: 'grade', names: grades },
    axis: { label: 'Share of leads', written: (value) => percent(value, 0), from: 0, to: 1 },
    bars: [
      {
        ...{ name: partner === null ? 'promised' : 'promised to all partners', tone: 'second' },
        values: grades.map((grade) => {
          const promised = promise[grade]?.promised;
          return promised ? promised.channel / 100 : null;
        }),
      },
      {
        ...{ name: 'received', tone: 'first' },
        values: grades.map((grade) => promise[grade]?.received.channel.value ?? null),
        between: grades.map((grade) => intervalOf(promise[grade]?.received.channel)),
      },
    ],
  });
}

function alikeChart(answer: TrustAnswer, id: string): Markup {
  const { gap, mix } = answer;
  const kinds = ['qualified', 'won'] as const;
  const bars = (side: 'direct' | 'channel') => ({
    values: kinds.map((kind) => gap[kind][side].standardised.value),
    between: kinds.map((kind) => intervalOf(gap[kind][side].standardised)),
  });
  return barChart({
    id: `${id}-alike`,
    title: 'Like for like',
    description: `What share of the accepted leads each side brought so far, with the same mix of leads by ${mix}.`,
    along: { label: 'what became of them', names: ['opportunity', 'won'] },
    axis: { label: 'Share of accepted leads', written: (value) => percent(value, 0), from: 0 },
    bars: [
      { name: 'direct', tone: 'second', ...bars('direct') },
      { name: others(answer), tone: 'first', ...bars('channel') },
    ],
  });
}

function intervalOf(rate: Rate | undefined): { low: number; high: number } | null {
  const { low = null, high = null } = rate ?? {};
  return low === null || high === null ? null : { low, high };
}

function promiseTable(answer: TrustAnswer): Markup {
  return table({
    caption:
      'What was promised of each grade and what was received, of the leads under the promise that anybody kept; 95 % intervals',
    columns: [
      { heading: 'grade', kind: 'text' },
      ...[
        ...['direct promised', 'direct received', 'partners promised'],
        ...[`${others(answer)} received`, 'leads', 'outside'],
      ].map((heading) => ({ heading })),
    ],
    rows: Object.entries(answer.promise).map(([grade, { promised, received, outside }]) => [
      ...[grade, promisedPercent(promised, 'direct'), rateBetween(received.direct)],
      ...[promisedPercent(promised, 'channel'), rateBetween(received.channel), count(received.direct.trials)],
      count(Object.values(outside).reduce((sum, each) => sum + each, 0)),
    ]),
  });
}

function promisedPercent(promised: PromiseKept['promised'], side: 'direct' | 'channel'): string {
  return promised ? percent(promised[side] / 100) : NOTHING;
}

function partyTable({ channels, parties, likeForLike, gap, noWord, partner }: TrustAnswer): Markup {
  const rowsOf = Object.entries(parties).map(([party, { all }]) => {
    const compared = likeForLike[party];
    return [
      ...[
        party,
        count(all?.counts.offered ?? 0),
        count(all?.counts.accepted ?? 0),
        percent(all?.rates.contacted.value ?? null),
      ],
      ...[
        percent(compared?.qualified.crude.value ?? null),
        compared ? rateBetween(compared.qualified.standardised) : NOTHING,
      ],
      ...[percent(compared?.crude.value ?? null), compared ? rateBetween(compared.standardised) : NOTHING],
      ...[percent(all?.rates.returned.value ?? null), percent(noWord.parties[party]?.value ?? null)],
    ];
  });
  // A partner is all that it sees of the channel, and stands there once.
  const shown = partner === null ? (['direct', 'channel'] as const) : (['direct'] as const);
  const sides = shown.map((side) => {
    const all = channels[side]['all'];
    return [
      ...[
        side === 'direct' ? 'all direct' : 'all partners',
        count(all?.counts.offered ?? 0),
        count(all?.counts.accepted ?? 0),
      ],
      ...[percent(all?.rates.contacted.value ?? null), percent(gap.qualified[side].crude.value)],
      ...[rateBetween(gap.qualified[side].standardised), percent(gap.won[side].crude.value)],
      ...[
        rateBetween(gap.won[side].standardised),
        percent(all?.rates.returned.value ?? null),
        percent(noWord[side].value),
      ],
    ];
  });
  return table({
    caption: `What each party made of its leads; like for like with the mix of all, and without a word in ${noWord.days} days`,
    columns: [
      { heading: 'party', kind: 'text' },
      ...[
        'offered',
        'accepted',
        'contacted',
        'opportunities',
        'like for like',
        'won',
        'like for like',
        'returned',
        'no word',
      ].map((heading) => ({ heading })),
    ],
    rows: [...rowsOf, ...sides],
    total: partner === null,
  });
}

function gradeTable(answer: TrustAnswer): Markup {
  const { channels } = answer;
  const rows = (['direct', 'channel'] as const).flatMap((side) =>
    Object.entries(channels[side])
      .filter(([grade]) => grade !== 'all')
      .map(([grade, { counts, rates }]) => [
        ...[
          `${side === 'direct' ? 'direct' : others(answer)}, ${grade}`,
          count(counts.offered),
          count(counts.accepted),
        ],
        ...[
          rateBetween(rates.accepted),
          rateBetween(rates.qualified),
          rateBetween(rates.won),
          rateBetween(rates.returned),
        ],
      ]),
  );
  return table({
    caption: 'By grade, with 95 % intervals: accepted of the offers no longer open, all else of those accepted',
    columns: [
      { heading: 'side, grade', kind: 'text' },
      ...['offered', 'accepted', 'rate', 'opportunities', 'won', 'returned'].map((heading) => ({ heading })),
    ],
    rows,
  });
}

function words({ mix, noWord }: TrustAnswer): Content {
  return markup`<p><strong>Like for like</strong>: what the rate would be with the mix of all accepted leads by ${mix}. A side that got better leads does not look better for that.</p>
<p><strong>Better leads, better work</strong>: the difference between both sides, split into what their leads explain and what remains. When 0 is in the interval of better work, no difference in the work can be told from chance.</p>
<p><strong>Promised and received</strong>: the policy’s shares of each grade, and of the leads under the promise those that each side kept. Outside stand named accounts, fallbacks, overrides, and leads of people who did not agree to partners.</p>
<p><strong>No word</strong>: accepted leads of which nothing was heard in ${noWord.days} days. Leads that are neither won nor lost so far count as not won.</p>
<p class="quiet">Every figure follows from the log, and is worked out again from an export by the lines below, to the last digit.</p>`;
}
