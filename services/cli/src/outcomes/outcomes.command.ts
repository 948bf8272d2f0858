import { Command } from 'commander';
import type { Api } from '../api/client.js';
import { number } from '../import/progress.js';
import {
  printable,
  sendFile,
  type SendOptions,
  type Sent,
  type Telling,
  withSendOptions,
} from '../import/send-file.js';

const help = `
The file may be CSV (comma, semicolon or tab) with the columns lead, type, at, reason, amount, currency, offer, note, of which reason,
amount and the rest may be left out; or NDJSON or JSON as POST /v1/outcomes takes it. A partner's key reports for the partner, a
manager's for direct. type: contacted, qualified, won, lost or returned; at: when, as 2026-01-31T09:30:00Z.

A row may correct what was reported before, named in corrects, correctsAt, correctsReason, correctsAmount and correctsCurrency:
type and the rest say what is right; the type mistaken, that it had not happened.

Each row is judged by itself, and the same file once more says nothing new. It ends with 0 when every row was answered, unless none
could be used.

Example:
  fairlead outcomes closed-deals.csv`;

/** `fairlead outcomes FILE [--json] [--strict]` */
export function outcomesCommand(): Command {
  const command = new Command('outcomes')
    .description('reports what became of leads from a file: CSV, NDJSON or JSON')
    .argument('<file>', 'the file');
  const tally = '{ rows, taken, repeated, refused, invalid }';
  return withSendOptions(command, { tally, failing: 'refused or invalid' })
    .addHelpText('after', help)
    .action((path: string, options: SendOptions) =>
      sendFile(options, (api, telling) => sendOutcomes(api, telling, path)),
    );
}

async function sendOutcomes(api: Api, telling: Telling, path: string): Promise<Sent> {
  const [{ openFile }, { reportOutcomes }] = await Promise.all([
    import('../import/rows.js'),
    import('./report-outcomes.js'),
  ]);
  const file = await openFile(path, undefined);
  telling.follows(file);
  const tally = await reportOutcomes(api, file, {
    onProgress: telling.progress,
    onUntaken: ({ row, line, status, why }) => telling.say(`row ${row} (line ${line}) is ${status}: ${printable(why)}`),
  });
  const { rows, taken, repeated, refused, invalid } = tally;
  const inWords =
    `${number(rows)} rows: ${number(taken)} taken, ${number(repeated)} said before, ` +
    `${number(refused)} refused, ${number(invalid)} invalid`;
  return { tally, inWords, failed: refused + invalid };
}
