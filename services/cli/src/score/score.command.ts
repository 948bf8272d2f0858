import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { CommandFailed } from '../api/command-failed.js';
import { printJson, printLine, printTable } from '../api/print.js';
import { runCommand } from '../api/run-command.js';
import { runWithApi } from '../api/run-with-api.js';
import { Counter } from '../log/counter.js';
import type { Progress } from './study.js';

interface CommonOptions {
  readonly data: string;
  readonly map?: string;
  readonly exclude: readonly string[];
  readonly keepLeaky?: true;
  readonly folds: number;
  readonly json?: true;
}

const aboutData = `
--data is a table (CSV, NDJSON or JSON) of leads and what became of them, or the folder of an exported log, which knows
both. A mapping says which column is what; columns that it does not name are left out, and said:

  columns:   { "Lead Number": externalId, "Source": attributes.source, "Visits": engagement.visits, "Converted": outcome }
  values:    { outcome: { "Deal made": won } }   # optional: their word → ours

The outcome is what a model learns to foresee: won, qualified, converted, yes, true or 1; lost, returned, no, false or 0.
A row without one is not learned from. Any other word is an error that names its row.

Words that say nothing count as not known: "", Select, unknown, n/a, null, - and the like, but not "None".
Columns that alone tell the outcome with a cross-validated AUC above 0.9 were written when it was known: they are named and
left out. So are ids, columns that are always the same, and those that look like personal data.`;

/** Turned into a larger unit by people, so ten is enough for a figure and five for limits. */
const EVALUATION_FOLDS = 10;
const TRAINING_FOLDS = 5;

/** `fairlead score train|evaluate|shadow` */
export function scoreCommand(): Command {
  return new Command('score')
    .description('learns score models from leads whose end is known, and says how well a model judges')
    .addCommand(trainCommand())
    .addCommand(evaluateCommand())
    .addCommand(shadowCommand());
}

function trainCommand(): Command {
  return withData(new Command('train'), TRAINING_FOLDS)
    .description('learns a model that explains itself, and proposes its grades')
    .option('--out <file>', 'write the model there, as JSON: `PUT /v1/models/{name}` takes it')
    .option('--name <name>', 'what the model is called', modelName, 'learned')
    .option('--json', 'print { leads, won, auc, brier, logLoss, calibration, grades, …, model }')
    .addHelpText('after', `${aboutData}\n\nThe same data give the same model, byte for byte.`)
    .action((options: CommonOptions & { out?: string; name: string }) =>
      runCommand(async () => {
        const { readExamples, trainModel } = await import('./study.js');
        const shown = new ShownProgress();
        const { model, study } = await readExamples(options, { withoutOutcome: false }, shown)
          .then((examples) => trainModel(examples, { ...options, keepLeaky: options.keepLeaky === true }, shown))
          .finally(() => shown.clear());
        if (options.out !== undefined) await writeModel(options.out, model);
        if (options.json) return printJson({ ...study, model });
        const { describe, describeModel } = await import('./describe-study.js');
        describe(study);
        describeModel(model, options.out);
      }, options),
    );
}

function evaluateCommand(): Command {
  return withData(new Command('evaluate'), EVALUATION_FOLDS)
    .description('says how well a model judges leads; without --model, how well one would that was learned from them')
    .option(
      '--model <file>',
      'a score model, as YAML or JSON; without one, leads are judged by models that did not see them',
    )
    .option('--predictions <file>', 'write `externalId,probability` there, for every lead')
    .option('--json', 'print { leads, won, auc, brier, logLoss, calibration, grades, proposedLimits, … }')
    .addHelpText('after', `${aboutData}\n\nWith --model and --predictions the table needs no outcome.`)
    .action((options: CommonOptions & { model?: string; predictions?: string }) =>
      runCommand(async () => {
        const { judgeModel, readExamples, readModelFile, trainModel } = await import('./study.js');
        const file = options.model;
        const given = file === undefined ? undefined : readModelFile(file);
        const withoutOutcome = given !== undefined && options.predictions !== undefined;
        const shown = new ShownProgress();
        const { study, predictions } = await readExamples(options, { withoutOutcome }, shown)
          .then((examples) =>
            given
              ? judgeModel(examples, given)
              : trainModel(examples, { ...options, name: 'learned', keepLeaky: options.keepLeaky === true }, shown),
          )
          .finally(() => shown.clear());
        if (options.predictions !== undefined) {
          if (!predictions) throw new CommandFailed(`${file} is a points model: it does not say how likely a sale is.`);
          const { writePredictions } = await import('./predictions.js');
          await writePredictions(options.predictions, predictions);
        }
        if (options.json) return printJson(study);
        const { describe } = await import('./describe-study.js');
        describe(study);
      }, options),
    );
}

interface InShadow {
  readonly name: string;
  readonly version: number;
  readonly leads: number;
  readonly differ: number;
  readonly grades: readonly { readonly was: string; readonly would: string; readonly leads: number }[];
}

function shadowCommand(): Command {
  return new Command('shadow')
    .description('says how often the model in shadow differs from the one in force')
    .option('--json', 'print { name, version, hash, leads, differ, grades }, or null where none is asked')
    .addHelpText(
      'after',
      '\nPOST /v1/models/{name}/shadow asks a model in shadow, DELETE no longer; what it says has no effect.',
    )
    .action(async ({ json }: { json?: true }) => {
      await runWithApi(
        async (api) => {
          const { shadow } = await api.call<{ shadow?: InShadow }>({ method: 'GET', path: '/v1/models' });
          if (json) return printJson(shadow ?? null);
          if (!shadow) return printLine('No model is asked in shadow.');
          const { name, version, leads, differ, grades } = shadow;
          printLine(`${name}@${version} was asked about ${leads} leads, and said otherwise of ${differ}.`);
          if (leads > 0)
            printTable(
              ['WAS', 'WOULD BE', 'LEADS'],
              grades.map(({ was, would, leads: count }) => [was, would, String(count)]),
            );
        },
        { json },
      );
    });
}

function withData(command: Command, folds: number): Command {
  return command
    .requiredOption('--data <file>', 'leads and what became of them: a table, or the folder of an exported log')
    .option('--map <file>', 'how the table’s columns become our fields, as YAML or JSON; a log needs none')
    .option('--exclude <columns>', 'columns that are not to be looked at: "Column,Column"', columnsIn, [])
    .option('--keep-leaky', 'learn from columns that tell the outcome too')
    .option(
      '--folds <number>',
      'into how many parts leads are divided to judge a model by those it did not see',
      foldCount,
      folds,
    );
}

/** A column whose name has a comma stands in quotes: `"Tags,""City, region"""`. */
function columnsIn(text: string): string[] {
  const columns = text.match(/"(?:[^"]|"")*"|[^,]+/g) ?? [];
  return columns
    .map((column) => column.trim())
    .map((column) => (/^".*"$/s.test(column) ? column.slice(1, -1).replaceAll('""', '"').trim() : column))
    .filter((column) => column !== '');
}

function foldCount(text: string): number {
  const count = Number(text);
  // 20: each is a fit of its own, and more of them no longer change the figures.
  if (!Number.isInteger(count) || count < 2 || count > 20) throw new InvalidArgumentError('It must be from 2 to 20.');
  return count;
}

function modelName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text))
    throw new InvalidArgumentError('Letters, digits, dots, underscores and hyphens, at most 63.');
  return text;
}

/** What a text of a document may have. */
const MAX_TEXT = 131_072;

async function writeModel(path: string, model: object): Promise<void> {
  const spread = JSON.stringify(model, null, 2);
  const text = spread.length < MAX_TEXT ? spread : JSON.stringify(model);
  await writeFile(path, `${text}\n`).catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailed(`${path} cannot be written (${error.code ?? error.message}).`, { file: path });
  });
}

class ShownProgress implements Progress {
  private readonly reading = new Counter('bytes read:');
  private readonly learning = new Counter('models learned:');

  read(done: number, of: number): void {
    this.reading.show(done, of);
  }

  learned(done: number, of: number): void {
    this.reading.clear();
    this.learning.show(done, of);
  }

  clear(): void {
    this.reading.clear();
    this.learning.clear();
  }
}
