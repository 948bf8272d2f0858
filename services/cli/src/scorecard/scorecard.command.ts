import { Command } from 'commander';
import { printJson, printLine, printTable } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';
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
  readonly json?: true;
}

const help = `
Counted are the offers made in the period, whatever became of them since. Behind each rate stands its 95 % interval. The party
direct is the vendor’s own people. A partner sees its own scorecard; what it is told of all partners together, docs/trust.md says.

Example:
  fairlead scorecard acme --from 2026-01-01 --to 2026-03-31`;

/** `fairlead scorecard PARTNER` */
export function scorecardCommand(): Command {
  return new Command('scorecard')
    .description('shows what a partner promised and kept, and what the vendor did')
    .argument('<partner>', 'the partner’s id, or direct')
    .option('--pool <pool>', 'one pool; all of them')
    .option('--from <day>', 'first day on which offers were made (UTC); that of this quarter')
    .option('--to <day>', 'last day, included; that of the quarter')
    .option('--json', 'print the scorecard as the API answers it')
    .addHelpText('after', help)
    .action(async (partner: string, { json, ...options }: Options) => {
      await runWithApi(
        async (api) => {
          const query = new URLSearchParams(options as Record<string, string>).toString();
          const path = `/v1/partners/${encodeURIComponent(partner)}/scorecard${query === '' ? '' : `?${query}`}`;
          const card = await api.call<Scorecard>({ method: 'GET', path });
          if (json) return printJson(card);
          print(card);
        },
        { json },
      );
    });
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
  const why = whyWithheld(card);
  if (why !== undefined) printLine(`\n${why}`);
}
