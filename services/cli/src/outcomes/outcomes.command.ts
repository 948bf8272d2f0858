import { Command, InvalidArgumentError } from 'commander';
import { printJson, printLine } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';
import { number, Progress } from '../import/progress.js';
import type { OutcomeTally } from './report-outcomes.js';

interface OutcomesOptions {
  readonly json?: true;
  readonly strict?: true;
  readonly patience: number;
}

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
  return new Command('outcomes')
    .description('reports what became of leads from a file: CSV, NDJSON or JSON')
    .argument('<file>', 'the file')
    .option('--json', 'print { rows, taken, repeated, refused, invalid } and nothing else')
    .option('--strict', 'exit with 1 when any row is refused or invalid')
    .option('--patience <seconds>', 'how long to try again while the system does not answer', seconds, 300)
    .addHelpText('after', help)
    .action(async (path: string, options: OutcomesOptions) => {
      let fraction = (): number => 0;
      const progress = new Progress(process.stderr, () => fraction());
      const how = {
        json: options.json,
        forMs: options.patience * 1_000,
        onWait: (why: string, attempt: number) => {
          if (attempt % 30 === 5) progress.say(`${why}\n  trying again …`);
        },
      };
      await runWithApi(async (api) => {
        const [{ openFile }, { reportOutcomes }] = await Promise.all([
          import('../import/rows.js'),
          import('./report-outcomes.js'),
        ]);
        const file = await openFile(path, undefined);
        fraction = () => (file.sizeBytes === 0 ? 1 : file.readBytes() / file.sizeBytes);
        const tally = await reportOutcomes(api, file, {
          onProgress: (soFar) => {
            if (!options.json) progress.update(soFar);
          },
          onUntaken: ({ row, line, status, why }) =>
            progress.say(`row ${row} (line ${line}) is ${status}: ${why.replace(/\p{Cc}/gu, '·')}`),
        }).finally(() => progress.clear());
        conclude(tally, options);
      }, how);
    });
}

function conclude(tally: OutcomeTally, { json, strict }: OutcomesOptions): void {
  const { rows, taken, repeated, refused, invalid } = tally;
  if (json) printJson(tally);
  else {
    printLine(
      `${number(rows)} rows: ${number(taken)} taken, ${number(repeated)} said before, ` +
        `${number(refused)} refused, ${number(invalid)} invalid`,
    );
  }
  const untaken = refused + invalid;
  if (untaken > 0 && (strict || untaken === rows)) process.exitCode = 1;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('It must be a number of seconds.');
  return value;
}
