import { Command, Option } from 'commander';
import { CommandFailed } from '../api/command-failed.js';
import { printLine, printTable } from '../api/print.js';
import { quoted } from '../api/quoted.js';
import { runCommand } from '../api/run-command.js';
import { writeReport } from '../api/write-report.js';
import { Counter } from '../log/counter.js';
import { leftOutInWords } from '../trust/left-out-in-words.js';
import { againBy, type Asked } from '../trust/trust-book.js';
import {
  partyRows,
  promiseHeadings,
  promiseRows,
  returnsInWords,
  type Scorecard,
  vendorRows,
  whyWithheld,
} from './scorecard-in-words.js';

interface Options {
  readonly asOf?: string;
  readonly asPartner?: true;
  readonly format: (typeof formats)[number];
  readonly out?: string;
  readonly json?: true;
}

const formats = ['text', 'json', 'csv', 'html'] as const;

const help = `
Counted are the offers made in the period, whatever became of them since. Behind each rate stands its 95 % interval. The party
direct is the vendor’s own people. A partner sees its own scorecard; what it is told of all partners together, docs/trust.md says.

Without a folder the scorecard is of the running system, as far as your key may see it. That of an export needs no system, and comes to the same to the last byte;
nothing is verified then: \`fairlead verify DIR\` does that. Without --as-of this quarter is the one of the export’s last event.

Examples:
  fairlead scorecard acme --from 2026-01-01 --to 2026-03-31
  fairlead scorecard acme --format html --out acme.html     a page for a meeting: one file, no scripts, made to be printed
  fairlead scorecard acme log --as-partner                  as acme sees it, from an exported log alone
  fairlead scorecard acme log --as-of answer.json --json    the same as the API answered then`;

/** `fairlead scorecard PARTNER [DIR] [--pool … --from … --to …] [--as-of FILE|-] [--as-partner] [--format …] [--out FILE]` */
export function scorecardCommand(): Command {
  return new Command('scorecard')
    .description(
      'shows what a partner promised and kept, and what the vendor did: of the running system, or from an exported log alone',
    )
    .argument('<partner>', 'the partner’s id, or direct')
    .argument('[dir]', 'as `fairlead export --out DIR` wrote it')
    .option('--pool <pool>', 'one pool; all of them but legacy, deals that were closed elsewhere')
    .option('--from <day>', 'first day on which offers were made (UTC); that of this quarter')
    .option('--to <day>', 'last day, included; that of the quarter')
    .option(
      '--as-of <file>',
      'as of the position in this answer of the API (- for standard input), not of the end of the export',
    )
    .option('--as-partner', 'of an export: as the partner itself sees it')
    .addOption(new Option('--format <format>', 'what to write').choices(formats).default('text'))
    .option('--out <file>', 'write it there, instead of printing it')
    .option('--json', 'the same as --format json: the scorecard as the API answers it')
    .addHelpText('after', help)
    .action(
      (partner: string, dir: string | undefined, { asOf, asPartner, format, out, json, ...asked }: Options & Asked) => {
        const written = json ? 'json' : format;
        return runCommand(
          async () => {
            const card = await scorecardOf(partner, asked, dir, {
              ...(asOf !== undefined && { asOf }),
              asPartner: asPartner === true,
            });
            if (written !== 'text') return writeReport(out, await writtenAs(written, card));
            if (out !== undefined) throw new CommandFailed('--out is for --format html, csv and json.');
            print(card);
            if (dir !== undefined)
              printLine(`\nOf the export as it lies there: \`fairlead verify ${dir}\` tells whether it is sound.`);
          },
          written === 'json' ? { json: true } : {},
        );
      },
    );
}

async function scorecardOf(
  partner: string,
  asked: Asked,
  folder: string | undefined,
  { asOf, asPartner }: { readonly asOf?: string; readonly asPartner: boolean },
): Promise<Scorecard> {
  if (folder === undefined) {
    if (asOf !== undefined)
      throw new CommandFailed('--as-of is for an export: a running system stands where it stands.');
    if (asPartner)
      throw new CommandFailed('--as-partner is for an export: of a running system the partner’s own key sees it so.');
    const { scorecardOfSystem } = await import('./scorecard-of-system.js');
    return scorecardOfSystem(partner, asked);
  }
  const { readAsOf } = await import('../trust/read-as-of.js');
  const { scorecardOfFolder } = await import('./scorecard-of-folder.js');
  const position = asOf === undefined ? undefined : await readAsOf(asOf);
  const counter = new Counter('read');
  const onProgress = (done: number, of: number) => counter.show(done, of);
  return scorecardOfFolder(partner, asked, { folder, asOf: position, asPartner, onProgress }).finally(() =>
    counter.clear(),
  );
}

async function writtenAs(format: 'json' | 'csv' | 'html', card: Scorecard): Promise<string | Buffer> {
  switch (format) {
    case 'json':
      return `${JSON.stringify(card)}\n`;
    case 'csv': {
      const { csvOf } = await import('@fairlead/partner-notification/csv');
      const { scorecardCsv } = await import('./scorecard-csv.js');
      const { headings, rows } = scorecardCsv(card);
      return csvOf(headings, rows);
    }
    case 'html': {
      const { scorecardPage } = await import('./scorecard-page.js');
      return scorecardPage(card, againFrom(card));
    }
  }
}

/** With its days: this quarter is another one then. */
function againFrom({ partner, pool, from, to, asOf, together }: Scorecard): readonly string[] {
  return againBy(`scorecard ${quoted(partner)} log`, asOf, [
    ...([
      ['from', from],
      ['to', to],
    ] as const),
    ...(pool === null ? [] : [['pool', pool] as const]),
    ...(together === 'whole' ? [] : [['as-partner'] as const]),
  ]);
}

function print(card: Scorecard): void {
  const { partner, pool, from, to } = card;
  const columns = [partner.toUpperCase(), 'ALL PARTNERS', 'DIRECT'];
  printLine(`Scorecard of ${partner}: offers made from ${from} to ${to}${pool === null ? '' : ` in pool ${pool}`}\n`);
  printTable(['WHAT THE PARTY KEPT', ...columns], partyRows(card));
  printLine('');
  printTable(['WHAT THE VENDOR KEPT', ...columns], vendorRows(card));
  const promises = promiseRows(card);
  if (promises.length > 0) {
    printLine('\nLeads under the promise that anybody kept\n');
    printTable(promiseHeadings, promises);
  }
  printLine(`\nReturned: ${returnsInWords(card)}`);
  for (const sentence of [leftOutInWords(card), whyWithheld(card)])
    if (sentence !== undefined) printLine(`\n${sentence}`);
}
