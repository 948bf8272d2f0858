import { Command } from 'commander';
import type { Rate } from '@fairlead/decisions';
import type { TrustAnswer } from '@fairlead/outcome-tracking/trust';
import { printJson, printLine, printTable } from '../api/print.js';
import { runCommand } from '../api/run-command.js';
import { Counter } from '../log/counter.js';

interface Options {
  readonly asOf?: string;
  readonly json?: true;
}

/** `fairlead trust DIR [--pool … --from … --to … --mix … --source … --campaign … --age … --silence …] [--as-of FILE|-] [--json]` */
export function trustCommand(): Command {
  return new Command('trust')
    .description('works the trust figures out from an exported log alone: the same as GET /v1/trust, to the last byte')
    .argument('<dir>', 'as `fairlead export --out DIR` wrote it')
    .option('--pool <id>', 'only offers of this pool')
    .option('--from <day>', 'first day (UTC), such as 2026-01-01')
    .option('--to <day>', 'last day (UTC), included')
    .option('--mix <what>', 'by what leads are alike: grade, or attributes.NAME')
    .option('--source <id>', 'only leads of this source')
    .option('--campaign <name>', 'only leads of this campaign: the attribute `campaign`')
    .option('--age <days>', 'only leads that have had so many days, and what happened in these: 7, 14, 30, 60 or 90')
    .option('--silence <days>', 'after how many days without a word leads are told of')
    .option(
      '--as-of <file>',
      'as of the position in this answer of GET /v1/trust (- for standard input), not of the end',
    )
    .option('--json', 'print the answer as the API gives it')
    .addHelpText(
      'after',
      '\nIt needs no running system, and verifies nothing: `fairlead verify DIR` does. Without --as-of leads are as old as they were at' +
        '\nthe last event of the export.',
    )
    .action((dir: string, { asOf: file, json, ...asked }: Options & Readonly<Record<string, string>>) =>
      runCommand(
        async () => {
          const { readAsOf } = await import('./read-as-of.js');
          const { trustOfFolder } = await import('./trust-of-folder.js');
          const asOf = file === undefined ? undefined : await readAsOf(file);
          const counter = new Counter('read');
          const answer = await trustOfFolder(dir, asked, asOf, (done, of) => counter.show(done, of)).finally(() =>
            counter.clear(),
          );
          if (json) return printJson(answer);
          describe(answer);
          printLine(`\nOf the export as it lies there: \`fairlead verify ${dir}\` tells whether it is sound.`);
        },
        { json },
      ),
    );
}

function describe({ asOf, channels, parties, likeForLike, promise, gap, noWord, mix }: TrustAnswer): void {
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
      ...(['direct', 'channel'] as const).map((side) => [
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
      `Won: direct less partners ${points(apart.gap.value)}, of which ${points(apart.betterLeads.value)} by better leads and ` +
        `${points(apart.betterWork.value)} (${points(apart.betterWork.low)} to ${points(apart.betterWork.high)}) by better work.`,
    );
  printLine('');
  printTable(
    ['GRADE', 'DIRECT PROMISED', 'DIRECT RECEIVED', 'PARTNERS PROMISED', 'PARTNERS RECEIVED'],
    Object.entries(promise).map(([grade, { promised, received }]) => [
      ...[grade, promised ? `${promised.direct.toFixed(1)} %` : '', percent(received.direct)],
      ...[promised ? `${promised.channel.toFixed(1)} %` : '', percent(received.channel)],
    ]),
  );
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
