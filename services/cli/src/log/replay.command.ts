import { Command } from 'commander';
import { printJson, printLine, printTable } from '../api/print.js';
import { runCommand } from '../api/run-command.js';
import { Counter } from './counter.js';
import { READ_MODELS } from './exported-read-models.js';
import type { Replayed } from './replay-folder.js';
import type { ReplayResult } from './replay-log.js';
import type { JudgedBy } from './verify-folder.js';

/** Listed on a terminal; `--json` has a thousand. */
const SHOWN = 20;

/** `fairlead replay DIR [--key FILE] [--since FILE] [--json]` */
export function replayCommand(): Command {
  return new Command('replay')
    .description(
      'takes every score and every routing decision of an exported log once more, with what the policy would have done at overrides, and compares them byte for byte',
    )
    .argument('<dir>', 'as `fairlead export --out DIR` wrote it; it is verified on the way')
    .option('--since <file>', 'a checkpoint that you kept: the log must still begin with all that it was then')
    .option(
      '--key <file>',
      'the log’s verifier key, from where you trust it; else verifier.key in the folder is believed',
    )
    .option('--no-read-models', 'take the decisions only: no PostgreSQL is started')
    .option(
      '--json',
      'print { events, decisions, identical, different, undecidable, erased, engines, readModels, seconds, … }',
    )
    .addHelpText(
      'after',
      '\nThe read models (what lists, figures and counts of leads are shown from) are rebuilt in a PostgreSQL that is started for it and' +
        '\nthrown away, and compared with what the system had when the log was exported.' +
        '\nNobody is told anything, and no system has to run.' +
        '\nExit code 1 when a decision differs or cannot be taken again, or when a read model differs.',
    )
    .action((dir: string, options: JudgedBy & { readModels: boolean; json?: true }) =>
      runCommand(async () => {
        const { replayFolder } = await import('./replay-folder.js');
        const counter = new Counter('replayed');
        const began = performance.now();
        const replayed = await replayFolder(dir, options, {
          readModels: options.readModels,
          onProgress: (done, of) => counter.show(done, of),
        }).finally(() => counter.clear());
        const seconds = (performance.now() - began) / 1_000;
        const { decisions, compared, size, root } = replayed;
        const differs = compared && (compared.different.length > 0 || compared.counts === false || !compared.promises);
        if (decisions.differentCount > 0 || decisions.undecidable > 0 || differs) process.exitCode = 1;
        if (options.json)
          return printJson({
            events: size,
            ...decisions,
            size,
            root,
            readModels: shown(replayed),
            seconds,
            memoryMb: Math.round(process.resourceUsage().maxRSS / 1_024),
          });
        describe(size, decisions);
        describeReadModels(replayed);
        printLine(`In ${seconds.toFixed(1)} s, the log verified with it.`);
      }, options),
    );
}

function describe(events: number, result: ReplayResult): void {
  const {
    decisions,
    identical,
    different,
    differentCount,
    undecidable,
    undecidableBecause,
    offersOfAbsorbed = 0,
    erased,
  } = result;
  const number = (value: number) => value.toLocaleString('en');
  printLine(
    `${number(events)} events, ${number(decisions)} decisions: ${number(identical)} come out the same, byte for byte.`,
  );
  if (differentCount > 0) {
    printLine(`${number(differentCount)} differ${differentCount > SHOWN ? `; the first ${SHOWN}` : ''}:`);
    printTable(
      ['ENTRY', 'LEAD', 'DECISION', 'WAS', 'IS NOW', 'BECAUSE'],
      different
        .slice(0, SHOWN)
        .map(({ index, leadId, pool, poolSeq, was, now, cause }) => [
          ...[
            String(index),
            leadId,
            pool === undefined ? 'score' : `${pool}/${poolSeq}`,
            was ?? 'nobody',
            now ?? 'nobody',
            cause,
          ],
        ]),
    );
  }
  if (undecidable > 0) printLine(`${number(undecidable)} cannot be taken again: ${undecidableBecause}.`);
  if (offersOfAbsorbed > 0)
    printLine(
      `${number(offersOfAbsorbed)} offered a lead to somebody that was one with another: by a system that did not look at that, or had not been told of the merge.`,
    );
  for (const [by, count] of Object.entries(result.engines))
    if (by !== result.engine)
      printLine(`${number(count)} were taken by another engine, ${by}; this one is ${result.engine}.`);
  if (erased > 0)
    printLine(`The personal data of ${number(erased)} leads was erased. Their decisions look at none, and replay.`);
}

function shown({ rebuilt, compared }: Replayed) {
  if (!rebuilt) return undefined;
  const leads = rebuilt.parts.reduce((sum, each) => sum + each.leads, 0);
  return { leads, offers: rebuilt.offers, compared: compared ?? null, rebuilt };
}

function describeReadModels(replayed: Replayed): void {
  const models = shown(replayed);
  if (!models) return;
  const number = (value: number) => value.toLocaleString('en');
  const counted = (value: number, what: string) => `${number(value)} ${what}${value === 1 ? '' : 's'}`;
  const { leads, offers, compared } = models;
  printLine(`The read models come to ${number(leads)} leads and ${number(offers)} offers.`);
  if (!compared)
    return printLine(`The export does not say what the system had (${READ_MODELS}): nothing to compare with.`);
  const { same, different, inMotion, ahead, uncounted, counts, promises } = compared;
  if (replayed.comparedNothing)
    printLine(
      'Nothing of them could be compared with what the system had: export again when it is less busy, or has caught up.',
    );
  else if (different.length === 0 && counts !== false && promises)
    printLine(
      same === 0
        ? 'The system had none either.'
        : `The system had the same, byte for byte${inMotion + uncounted > 0 ? `, in ${same} parts` : ''}.`,
    );
  if (inMotion > 0)
    printLine(
      `In ${counted(inMotion, 'part')} the log is ahead of what the system had, by ${counted(ahead, 'event')}: they are not compared.`,
    );
  if (uncounted > 0)
    printLine(`${uncounted} parts have leads from before their events were counted: \`fairlead rebuild\` counts them.`);
  if (different.length > 0) {
    const prefixes = different.slice(0, SHOWN).map((part) => part.toString(16).padStart(2, '0'));
    printLine(`The system had something else for leads whose ids begin with ${prefixes.join(', ')}.`);
  }
  if (counts === false) printLine('The counts of offers, from which the trust figures are made, are others.');
  if (!promises) printLine('The promises that figures are held against are others.');
}
