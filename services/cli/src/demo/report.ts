import { type Compared, type Gap, likeForLike } from '@fairlead/decisions';
import picocolors from 'picocolors';
import { number } from '../import/progress.js';
import type { CampaignFigures, Counts } from './figures.js';
import { direct, partners } from './vendor.js';

const { bold, dim, green, cyan } = picocolors;
const grades = ['A', 'B', 'C', 'D', 'incomplete'] as const;

/** Who got what, and what became of it: a row for direct and one for each partner. */
export function partyTable({ parties }: CampaignFigures): string[] {
  const heads = ['A', 'B', 'C', 'D', 'no grade', 'leads', 'delivered', 'accepted', 'qualified', 'won'];
  const rows = [{ ...direct, tier: '' }, ...partners].map(({ id, name, tier }) => {
    return { name, tier, cells: cellsOf(parties[id] ?? {}) };
  });
  const channel = sumOf(partners.map(({ id }) => parties[id] ?? {}));
  const widths = heads.map((head, column) =>
    Math.max(
      head.length,
      ...[...rows.map(({ cells }) => cells), cellsOf(channel)].map((cells) => cells[column]?.length ?? 0),
    ),
  );
  const nameWidth = Math.max(...rows.map(({ name }) => name.length)) + 2;
  const line = (name: string, tier: string, cells: readonly string[]): string =>
    `  ${name.padEnd(nameWidth)}${dim(tier.padEnd(12))}${cells
      .map((cell, column) => cell.padStart(widths[column] ?? 0))
      .join('  ')}`;
  const [first, ...others] = rows;
  return [
    dim(line('', '', heads)),
    line(first?.name ?? '', '', first?.cells ?? []),
    ...others.map(({ name, tier, cells }) => line(name, tier, cells)),
    bold(line('All partners', '', cellsOf(channel))),
  ];
}

function cellsOf(byGrade: Readonly<Record<string, Counts>>): string[] {
  const all = byGrade['all'];
  const count = (name: keyof Counts): string => number(all?.[name] ?? 0);
  return [
    ...grades.map((grade) => number(byGrade[grade]?.kept ?? 0)),
    ...[count('kept'), count('delivered'), count('accepted'), count('qualified'), count('won')],
  ];
}

function sumOf(all: readonly Readonly<Record<string, Counts>>[]): Record<string, Counts> {
  const names = ['all', ...grades];
  return Object.fromEntries(
    names.map((grade) => {
      const sum = {
        offered: 0,
        delivered: 0,
        accepted: 0,
        kept: 0,
        open: 0,
        qualified: 0,
        won: 0,
        lost: 0,
        declined: 0,
        expired: 0,
      };
      for (const each of all) {
        for (const [name, count] of Object.entries(each[grade] ?? {})) sum[name as keyof typeof sum] += count;
      }
      return [grade, sum];
    }),
  );
}

/** What the published policy promised of each grade, beside what each side received. */
export function promiseTable({ shares }: CampaignFigures): string[] {
  const rows = grades.flatMap((grade) => {
    const { promisedDirect, direct: toDirect, channel, outside } = shares[grade] ?? none;
    const all = toDirect + channel;
    if (promisedDirect === null || all === 0) return [];
    const owed = (promisedDirect / 100) * all;
    return [
      [
        grade === 'incomplete' ? 'no grade' : grade,
        percent(promisedDirect),
        percent((100 * toDirect) / all),
        percent(100 - promisedDirect),
        percent((100 * channel) / all),
        number(all),
        Math.abs(toDirect - owed).toFixed(1),
        number(outside),
      ],
    ];
  });
  const heads = ['grade', 'promised', 'received', 'promised', 'received', 'leads', 'leads apart', 'outside'];
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`;
  const over = ['', 'direct', '', 'partners', '', '', '', ''];
  return [dim(line(over)), dim(line(heads)), ...rows.map(line)];
}

const none = { promisedDirect: null, direct: 0, channel: 0, outside: 0, noConsent: 0 };

/** With fewer leads a rate's interval is wider than 40 points: nobody should read anything into it. */
const LEAST_LEADS = 20;
const TOO_FEW = 'too few to say';

/** What direct and each partner made of the leads that they accepted, beside what it would be with the same grades for all. */
export function likeForLikeTable({ parties }: CampaignFigures): string[] {
  const counted = Object.entries(parties).flatMap(([party, grades]) =>
    Object.entries(grades)
      .filter(([grade]) => grade !== 'all')
      .map(([grade, tally]) => ({ party, grade: grade === 'incomplete' ? null : grade, tally })),
  );
  const { likeForLike: compared, gap } = likeForLike(counted);
  const heads = ['accepted', 'opportunities', 'like for like (95 %)', 'won', 'like for like (95 %)'];
  const rows = [
    ...[direct, ...partners].flatMap(({ id, name }) => {
      const { qualified, ...won } = compared[id] ?? {};
      return qualified && 'crude' in won ? [{ name, cells: comparedCells(qualified, won) }] : [];
    }),
    { name: 'All partners', cells: comparedCells(gap.qualified.channel, gap.won.channel) },
  ];
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const nameWidth = Math.max(...rows.map(({ name }) => name.length)) + 2;
  const line = (name: string, cells: readonly string[]): string =>
    `  ${name.padEnd(nameWidth)}${cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')}`;
  const unfinished = Object.values(compared).reduce((sum, each) => sum + each.unfinished, 0);
  return [
    dim(line('', heads)),
    ...rows.map(({ name, cells }, row) => (row === rows.length - 1 ? bold(line(name, cells)) : line(name, cells))),
    '',
    ...(gap.won.direct.crude.trials < LEAST_LEADS || gap.won.channel.crude.trials < LEAST_LEADS
      ? [`  Direct beside all partners: ${TOO_FEW}.`]
      : [`  ${apartIn('Opportunities', gap.qualified.apart)}`, `  ${apartIn('Won', gap.won.apart)}`]),
    ...(unfinished > 0
      ? [`  ${number(unfinished)} accepted leads are neither won nor lost so far: they count as not won.`]
      : []),
  ];
}

function comparedCells(qualified: Compared, won: Compared): string[] {
  const { trials } = won.crude;
  const cells = ({ crude, standardised: { value, low, high } }: Compared): string[] =>
    value === null || low === null || high === null || trials < LEAST_LEADS
      ? [`${number(crude.successes)}`, TOO_FEW]
      : [
          percent(100 * (crude.value ?? 0)),
          `${percent(100 * value)} (${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)})`,
        ];
  return [number(trials), ...cells(qualified), ...cells(won)];
}

/** The gap in one sentence: how much of it is the leads, and whether what is left of it can be told from chance. */
function apartIn(what: string, apart: Gap | null): string {
  if (!apart) return `${what}: ${TOO_FEW}.`;
  const { gap, betterLeads, betterWork } = apart;
  const { low, high } = betterWork;
  const verdict =
    low > 0
      ? 'direct works its leads better'
      : high < 0
        ? 'partners work their leads better'
        : 'no difference in the work can be told from chance';
  const distance = points(Math.abs(gap.value)).replace('+', '');
  return (
    `${what}: direct is ${distance} points ${gap.value < 0 ? 'behind' : 'ahead of'} its partners, ${points(betterLeads.value)} by better leads and ` +
    `${points(betterWork.value)} (${points(low)} to ${points(high)}) by better work: ${verdict}.`
  );
}

function points(share: number): string {
  const rounded = (100 * Math.abs(share)).toFixed(1);
  return rounded === '0.0' ? rounded : `${share < 0 ? '−' : '+'}${rounded}`;
}

function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}

/** As long as the longest of the names that stand before a link. */
const CONSOLE_WIDTH = 22;

export interface Invitation {
  readonly url: string;
  /** A shell expression that yields the administrator's key. */
  readonly adminKey: string;
  /** The file that holds the key of `party`. */
  readonly partyKeyFile: string;
  readonly leadId: string;
  readonly partyName: string;
  /** A partner that might have had the lead. */
  readonly other: { readonly id: string; readonly name: string };
  /** Links that open the console once, and whose each is. */
  readonly console: readonly { readonly who: string; readonly url: string }[];
}

/** What years of it would come to: the commands that simulate them, with legacy beside a fair policy. */
export function yearsAhead(): string[] {
  return [
    bold('  What three years of this do to partners, beside three years of the usual way: simulated, from a seed'),
    '',
    `    ${green('npx')} fairlead simulate`,
    `    ${green('npx')} fairlead simulate --html spiral.html`,
  ];
}

/** Where to look, and four things to try with a lead that is really there. */
export function invitation({ url, adminKey, partyKeyFile, leadId, partyName, other, console }: Invitation): string[] {
  const { id: otherId, name: otherName } = other;
  const ask = (key: string, path: string): string =>
    `    ${green('curl')} -s -H "Authorization: Bearer ${key}" ${cyan(`'${url}${path}'`)}`;
  return [
    `  ${dim('API'.padEnd(12))} ${cyan(url)}`,
    `  ${dim('API page'.padEnd(12))} ${cyan(`${url}/docs`)}`,
    '',
    bold('  The same, to look at'),
    dim('  Each link opens the console once; more of them: npx fairlead console --help'),
    '',
    ...console.map((each) => `  ${each.who.padEnd(CONSOLE_WIDTH)} ${cyan(each.url)}`),
    '',
    bold('  Four things to try'),
    '',
    `  1. One lead: why it has its grade, who got it, and what ${partyName} made of it`,
    ask(adminKey, `/v1/leads/${leadId}`),
    `  2. What ${partyName} sees with its own key: its own leads, and nobody else's`,
    ask(`$(cat ${partyKeyFile})`, `/v1/leads?state=won&limit=5`),
    '  3. Whether the promise was kept, with intervals: by channel, party and grade',
    ask(adminKey, `/v1/trust?pool=dach`),
    `  4. Why that lead went where it went, and why not to ${otherName}`,
    ask(adminKey, `/v1/leads/${leadId}/explanation?partner=${otherId}`),
  ];
}
