import { Command, InvalidArgumentError } from 'commander';
import { printJson, printLine } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';
import { number, Progress } from './progress.js';
import type { RejectedRow, Tally } from './tally.js';

interface ImportOptions {
  readonly source: string;
  readonly map?: string;
  readonly json?: true;
  readonly strict?: true;
  readonly patience: number;
}

const help = `
The file may be CSV (comma, semicolon or tab), NDJSON, or JSON (a list). Without --map its columns must be our fields,
or the source must have a mapping of its own. A mapping is YAML or JSON:

  columns:   { "Their column": ourField }        # what is not named here is left out
  values:    { country: { Deutschland: DE } }    # optional: their value → ours; "" means that nothing was said
  constants: { product: cloud }                  # optional: the same in every row

Our fields: externalId firstName lastName email phone company domain country region city industry employees revenue
product message consent occurredAt, and freely named engagement.* and attributes.*

The import goes on by itself when the services were restarted in the meantime, and nothing is taken in twice. It ends
with 0 when every row was answered, unless none could be used.

Example:
  fairlead import leads.csv --source fair-2025 --map fair-mapping.yaml`;

/** `fairlead import FILE --source ID [--map FILE] [--json]` */
export function importCommand(): Command {
  return new Command('import')
    .description('takes in leads from a file: CSV, NDJSON or JSON')
    .argument('<file>', 'the file')
    .requiredOption('--source <id>', 'where the leads come from; a new source is made')
    .option('--map <file>', 'how the file’s columns become our fields, as YAML or JSON')
    .option('--json', 'print { rows, received, merged, held, rejected } and nothing else')
    .option('--strict', 'exit with 1 when any row is rejected')
    .option('--patience <seconds>', 'how long to try again while the system does not answer', seconds, 300)
    .addHelpText('after', help)
    .action(async (file: string, options: ImportOptions) => {
      const progress = new Progress(process.stderr, () => fraction());
      let fraction = (): number => 0;
      const how = {
        json: options.json,
        forMs: options.patience * 1_000,
        // The first failures are often over before one could read of them; of a long outage, one word a minute is enough.
        onWait: (why: string, attempt: number) => {
          if (attempt % 30 === 5) progress.say(`${why}\n  trying again …`);
        },
      };
      await runWithApi(async (api) => {
        // Understanding leads needs large tables: loaded when it is needed, so that --help is not slow.
        const [{ openFile }, { readMapping }, { findOrMakeSource }, { importFile }] = await Promise.all([
          import('./rows.js'),
          import('./mapping-file.js'),
          import('./source.js'),
          import('./import-file.js'),
        ]);
        const mapping = options.map === undefined ? undefined : await readMapping(options.map);
        const opened = await openFile(file, mapping);
        const { isNew } = await findOrMakeSource(api, options.source, opened.format);
        if (isNew) progress.say(`The source ${options.source} is new: it has been made.`);
        fraction = () => (opened.sizeBytes === 0 ? 1 : opened.readBytes() / opened.sizeBytes);
        if (opened.leftOut.length > 0 && !options.json) {
          progress.say(`Not in the mapping, and left out: ${opened.leftOut.map(printable).join(', ')}`);
        }
        const tally = await importFile(api, opened, options.source, {
          onProgress: (soFar) => {
            if (!options.json) progress.update(soFar);
          },
          onRejected: (row) => progress.say(sentence(row)),
        }).finally(() => {
          progress.clear();
        });
        conclude(tally, options);
      }, how);
    });
}

function conclude(tally: Tally, { json, strict }: ImportOptions): void {
  const { rows, received, merged, held, rejected } = tally;
  if (json) printJson(tally);
  else {
    printLine(
      `${number(rows)} rows: ${number(received)} received, ${number(merged)} merged, ${number(held)} held, ` +
        `${number(rejected)} rejected`,
    );
  }
  if ((rejected > 0 && strict) || (rejected > 0 && rejected === rows)) process.exitCode = 1;
}

/** The system words its details so that they never quote what was sent. */
function sentence({ row, line, errors }: RejectedRow): string {
  const why = errors.map(({ field, detail }) => `${printable(field)}: ${printable(detail)}`).join('; ');
  return `row ${row} (line ${line}) is rejected: ${why}`;
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '·');
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('It must be a number of seconds.');
  return value;
}
