import { Command, Option } from 'commander';
import type { Rate } from '@fairlead/decisions';
import type { TrustAnswer } from '@fairlead/outcome-tracking/trust';
import { CommandFailed } from '../api/command-failed.js';
import { printLine, printTable } from '../api/print.js';
import { runCommand } from '../api/run-command.js';
import { writeReport } from '../api/write-report.js';
import { Counter } from '../log/counter.js';
import { leftOutInWords } from './left-out-in-words.js';
import { againFrom, type Asked, type Figures, type TrustBook } from './trust-book.js';

const formats = ['text', 'json', 'csv', 'html'] as const;

interface Options {
  readonly asOf?: string;
  readonly format: (typeof formats)[number];
  readonly out?: string;
  readonly json?: true;
}

const help = `
Without a folder the figures are those of the running system, as far as your key may see them. Those of an export need no system, and come to the same
to the last byte; nothing is verified then: \`fairlead verify DIR\` does that. Without --as-of leads are as old as they were at the export's last event.

Deals that were closed elsewhere (\`fairlead import --history\`) are in none of these figures, unless they are asked for: --pool legacy.

As html and csv the report has all pools together and each by itself, its position in the log, and the lines that work it out again. The page is one
file without scripts, made to be printed.

Examples:
  fairlead trust --from 2026-01-01 --to 2026-03-31 --format html --out quarter.html
  fairlead trust --pool legacy                                         deals that were closed elsewhere, by themselves
  fairlead trust log --partner acme --format html --out acme.html      as the partner acme sees it
  fairlead trust log --mix attributes.size --as-of answer.json --json  the same as GET /v1/trust answered then`;

/** `fairlead trust [DIR] [--pool … --from … --to … --mix … --source … --campaign … --age … --silence … --partner …] [--as-of FILE|-] [--format …] [--out FILE]` */
export function trustCommand(): Command {
  return new Command('trust')
    .description('shows the trust figures, of the running system or worked out from an exported log alone')
    .argument('[dir]', 'as `fairlead export --out DIR` wrote it')
    .option('--pool <id>', 'only offers of this pool; all of them but legacy')
    .option('--from <day>', 'first day (UTC), such as 2026-01-01')
    .option('--to <day>', 'last day (UTC), included')
    .option('--mix <what>', 'by what leads are alike: grade, or attributes.NAME')
    .option('--source <id>', 'only leads of this source')
    .option('--campaign <name>', 'only leads of this campaign: the attribute `campaign`')
    .option('--age <days>', 'only leads that have had so many days, and what happened in these: 7, 14, 30, 60 or 90')
    .option('--silence <days>', 'after how many days without a word leads are told of')
    .option('--partner <id>', 'as this partner sees them')
    .option(
      '--as-of <file>',
      'as of the position in this answer of GET /v1/trust (- for standard input), not of the end of the export',
    )
    .addOption(new Option('--format <format>', 'what to write').choices(formats).default('text'))
    .option('--out <file>', 'write it there, instead of printing it')
    .option('--json', 'the same as --format json: the answer as the API gives it')
    .addHelpText('after', help)
    .action((dir: string | undefined, { asOf, format, out, json, ...asked }: Options & Asked) => {
      const written = json ? 'json' : format;
      return runCommand(
        async () => {
          const figures = await figuresOf(dir, asked, asOf, written === 'html' || written === 'csv');
          if (written === 'json') return writeReport(out, `${JSON.stringify(figures.whole)}\n`);
          if (written !== 'text') return writeReport(out, await reportOf(written, figures, asked));
          if (out !== undefined) throw new CommandFailed('--out is for --format html, csv and json.');
          describe(figures.whole);
          if (dir !== undefined)
            printLine(`\nOf the export as it lies there: \`fairlead verify ${dir}\` tells whether it is sound.`);
        },
        written === 'json' ? { json: true } : {},
      );
    });
}

async function figuresOf(
  dir: string | undefined,
  asked: Asked,
  asOf: string | undefined,
  byPool: boolean,
): Promise<Figures> {
  if (dir === undefined) {
    if (asOf !== undefined)
      throw new CommandFailed('--as-of is for an export: a running system stands where it stands.');
    const { trustOfSystem } = await import('./trust-of-system.js');
    return trustOfSystem(asked, { byPool });
  }
  const { readAsOf } = await import('./read-as-of.js');
  const { trustOfFolder } = await import('./trust-of-folder.js');
  const position = asOf === undefined ? undefined : await readAsOf(asOf);
  const counter = new Counter('read');
  return trustOfFolder(dir, asked, position, (done, of) => counter.show(done, of), { byPool }).finally(() =>
    counter.clear(),
  );
}

async function reportOf(format: 'html' | 'csv', figures: Figures, asked: Asked): Promise<string | Buffer> {
  const book: TrustBook = { ...figures, again: againFrom(figures.whole, asked) };
  if (format === 'html') {
    const { trustPage } = await import('./trust-page.js');
    return trustPage(book);
  }
  const { csvOf } = await import('@fairlead/partner-notification/csv');
  const { trustCsv } = await import('./trust-csv.js');
  const { headings, rows } = trustCsv(book);
  return csvOf(headings, rows);
}

function describe(answer: TrustAnswer): void {
  const { asOf, channels, parties, likeForLike, promise, gap, noWord, mix, partner } = answer;
  // A partner sees of the partners itself alone: there is no sum of these beside it.
  const sides = partner === null ? (['direct', 'channel'] as const) : (['direct'] as const);
  const whose = partner ?? 'partners';
  printLine(`As of ${asOf.at}, ${number(asOf.total ?? 0)} events of leads.\n`);
  printTable(
    [
      'PARTY',
      'OFFERED',
      'ACCEPTED',
      'OPPORTUNITIES',
      'LIKE FOR LIKE',
      'WON',
      'LIKE FOR LIKE',
      `NO WORD (${noWord.days} d)`,
    ],
    [
      ...Object.entries(parties).map(([party, { all }]) => {
        const compared = likeForLike[party];
        return [
          ...[party, number(all?.counts.offered ?? 0), number(all?.counts.accepted ?? 0)],
          ...[percent(compared?.qualified.crude), interval(compared?.qualified.standardised)],
          ...[percent(compared?.crude), interval(compared?.standardised), percent(noWord.parties[party])],
        ];
      }),
      ...sides.map((side) => [
        side === 'direct' ? 'all direct' : 'all partners',
        ...[number(channels[side]['all']?.counts.offered ?? 0), number(channels[side]['all']?.counts.accepted ?? 0)],
        ...[percent(gap.qualified[side].crude), interval(gap.qualified[side].standardised)],
        ...[percent(gap.won[side].crude), interval(gap.won[side].standardised), percent(noWord[side])],
      ]),
    ],
  );
  printLine(`\nLike for like: with the mix of all accepted leads by ${mix}, and 95 % intervals.`);
  const { apart } = gap.won;
  if (apart)
    printLine(
      `Won: direct less ${whose} ${points(apart.gap.value)}, of which ${points(apart.betterLeads.value)} by better leads and ` +
        `${points(apart.betterWork.value)} (${points(apart.betterWork.low)} to ${points(apart.betterWork.high)}) by better work.`,
    );
  printLine('');
  printTable(
    ['GRADE', 'DIRECT PROMISED', 'DIRECT RECEIVED', 'PARTNERS PROMISED', `${whose.toUpperCase()} RECEIVED`],
    Object.entries(promise).map(([grade, { promised, received }]) => [
      ...[grade, promised ? `${promised.direct.toFixed(1)} %` : '', percent(received.direct)],
      ...[promised ? `${promised.channel.toFixed(1)} %` : '', percent(received.channel)],
    ]),
  );
  const leftOut = leftOutInWords(answer);
  if (leftOut !== undefined) printLine(`\n${leftOut}`);
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function percent(rate: Rate | undefined): string {
  return rate?.value == null ? '–' : `${(rate.value * 100).toFixed(1)} %`;
}

function interval(rate: Rate | undefined): string {
  if (rate?.value == null || rate.low === null || rate.high === null) return '–';
  return `${percent(rate)} (${(rate.low * 100).toFixed(0)} to ${(rate.high * 100).toFixed(0)})`;
}

function points(share: number): string {
  return `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)}`;
}
