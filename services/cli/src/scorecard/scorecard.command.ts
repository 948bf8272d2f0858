import { Command, Option } from 'commander';
import { printLine, printTable } from '../api/print.js';
import { writeReport } from '../api/write-report.js';
import { quoted } from '../api/quoted.js';
import { runWithApi } from '../api/run-with-api.js';
import { leftOutInWords } from '../trust/left-out-in-words.js';
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
  readonly pool?: string;
  readonly from?: string;
  readonly to?: string;
  readonly format: (typeof formats)[number];
  readonly out?: string;
  readonly json?: true;
}

const formats = ['text', 'json', 'csv', 'html'] as const;

const help = `
Counted are the offers made in the period, whatever became of them since. Behind each rate stands its 95 % interval. The party
direct is the vendor’s own people. A partner sees its own scorecard; what it is told of all partners together, docs/trust.md says.

Examples:
  fairlead scorecard acme --from 2026-01-01 --to 2026-03-31
  fairlead scorecard acme --format html --out acme.html     a page for a meeting: one file, no scripts, made to be printed`;

/** `fairlead scorecard PARTNER` */
export function scorecardCommand(): Command {
  return new Command('scorecard')
    .description('shows what a partner promised and kept, and what the vendor did')
    .argument('<partner>', 'the partner’s id, or direct')
    .option('--pool <pool>', 'one pool; all of them but legacy, deals that were closed elsewhere')
    .option('--from <day>', 'first day on which offers were made (UTC); that of this quarter')
    .option('--to <day>', 'last day, included; that of the quarter')
    .addOption(new Option('--format <format>', 'what to write').choices(formats).default('text'))
    .option('--out <file>', 'write it there, instead of printing it')
    .option('--json', 'the same as --format json: the scorecard as the API answers it')
    .addHelpText('after', help)
    .action(async (partner: string, { format, out, json, ...options }: Options) => {
      const written = json ? 'json' : format;
      await runWithApi(
        async (api) => {
          const query = new URLSearchParams(options as Record<string, string>).toString();
          const path = `/v1/partners/${encodeURIComponent(partner)}/scorecard${query === '' ? '' : `?${query}`}`;
          const card = await api.call<Scorecard>({ method: 'GET', path });
          if (written === 'text') return print(card);
          writeReport(out, await writtenAs(written, card));
        },
        written === 'json' ? { json: true } : {},
      );
    });
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
      const { partner, pool, from, to } = card;
      const ofPool = pool === null ? '' : ` --pool ${quoted(pool)}`;
      return scorecardPage(card, `npx fairlead scorecard ${quoted(partner)} --from ${from} --to ${to}${ofPool}`);
    }
  }
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
