import { Command } from 'commander';
import { printJson, printLine, printTable } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';
import { calibrationRows, countRow, countHeadings, type Figures, reasonsInWords } from './quality-in-words.js';

interface Quality extends Figures {
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly campaign: string;
  readonly campaigns: readonly ({ readonly campaign: string } & Figures)[];
  readonly furtherCampaigns: number;
}

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly campaign?: string;
  readonly json?: true;
}

const help = `
Counted are the leads received in the period, whatever became of them since: young leads have not had the time of old ones.
Behind each rate stands its 95 % interval.

Example:
  fairlead sources quality ads --from 2026-01-01 --to 2026-03-31 --campaign utm_campaign`;

/** `fairlead sources quality SOURCE` */
export function sourcesCommand(): Command {
  const sources = new Command('sources').description('shows what the leads of a source were worth');

  sources
    .command('quality')
    .description('counts what became of a source’s leads, by campaign, and how well they were judged')
    .argument('<source>', 'the source’s id')
    .option('--from <day>', 'first day on which leads were received (UTC); 90 days before the last')
    .option('--to <day>', 'last day, included; today')
    .option('--campaign <attribute>', 'the attribute that tells campaigns apart; `campaign`')
    .option('--json', 'print the figures as the API answers them')
    .addHelpText('after', help)
    .action(async (source: string, { json, ...options }: Options) => {
      await runWithApi(
        async (api) => {
          const query = new URLSearchParams(options as Record<string, string>).toString();
          const path = `/v1/sources/${encodeURIComponent(source)}/quality${query === '' ? '' : `?${query}`}`;
          const quality = await api.call<Quality>({ method: 'GET', path });
          if (json) return printJson(quality);
          print(quality);
        },
        { json },
      );
    });

  return sources;
}

function print({ source, from, to, campaigns, furtherCampaigns, ...all }: Quality): void {
  printLine(`Source ${source}: leads received from ${from} to ${to}\n`);
  printTable(countHeadings, [
    countRow('all', all),
    ...campaigns.map(({ campaign, ...figures }) => countRow(campaign, figures)),
  ]);
  if (furtherCampaigns > 0) printLine(`and ${furtherCampaigns} campaigns with fewer leads`);
  for (const how of ['declined', 'returned'] as const) {
    const words = reasonsInWords(all.counts[how]);
    if (words !== '') printLine(`${how === 'declined' ? '\nDeclined' : '\nReturned'}: ${words}`);
  }
  const rows = calibrationRows(all.calibration);
  if (rows.length === 0) return;
  printLine('\nWhat was expected of leads, and what became of those that somebody accepted\n');
  printTable(['EXPECTED', 'LEADS', 'ACCEPTED', 'QUALIFIED', 'WON', 'PREDICTED'], rows);
}
