import { Command } from 'commander';
import { printJson, printLine, printTable } from '../api/print.js';
import { runCommand } from '../api/run-command.js';
import { Counter } from './counter.js';
import type { ReplayResult } from './replay-log.js';
import type { JudgedBy } from './verify-folder.js';

/** Listed on a terminal; `--json` has a thousand. */
const SHOWN = 20;

/** `fairlead replay DIR [--key FILE] [--since FILE] [--json]` */
export function replayCommand(): Command {
  return new Command('replay')
    .description(
      'takes every score and every routing decision of an exported log once more, and compares them byte for byte',
    )
    .argument('<dir>', 'as `fairlead export --out DIR` wrote it; it is verified on the way')
    .option('--since <file>', 'a checkpoint that you kept: the log must still begin with all that it was then')
    .option(
      '--key <file>',
      'the log’s verifier key, from where you trust it; else verifier.key in the folder is believed',
    )
    .option('--json', 'print { events, decisions, identical, different, undecidable, erased, engines, seconds, … }')
    .addHelpText(
      'after',
      '\nReads files, and does nothing else: nobody is told anything, and no system has to run.' +
        '\nExit code 1 when a decision differs, or cannot be taken again.',
    )
    .action((dir: string, options: JudgedBy & { json?: true }) =>
      runCommand(async () => {
        const { verifyFolder } = await import('./verify-folder.js');
        const { LogReplay } = await import('./replay-log.js');
        const replay = new LogReplay();
        const counter = new Counter('replayed');
        const began = performance.now();
        const { checkpoint } = await verifyFolder(dir, options, {
          onEntries: (entries) => entries.forEach((entry) => replay.read(entry)),
          onProgress: (done, of) => counter.show(done, of),
        }).finally(() => counter.clear());
        const result = replay.end();
        const seconds = (performance.now() - began) / 1_000;
        if (result.differentCount > 0 || result.undecidable > 0) process.exitCode = 1;
        if (options.json)
          return printJson({ ...result, size: checkpoint.size, root: checkpoint.root.toString('base64'), seconds });
        describe(result, seconds);
      }),
    );
}

function describe(result: ReplayResult, seconds: number): void {
  const { events, decisions, identical, different, differentCount, undecidable, undecidableBecause, erased } = result;
  const number = (value: number) => value.toLocaleString('en');
  printLine(
    `${number(events)} events, ${number(decisions)} decisions: ${number(identical)} come out the same, byte for byte.`,
  );
  if (differentCount > 0) {
    printLine(`${number(differentCount)} differ${differentCount > SHOWN ? `; the first ${SHOWN}` : ''}:`);
    printTable(
      ['LEAD', 'DECISION', 'WAS', 'IS NOW', 'BECAUSE'],
      different
        .slice(0, SHOWN)
        .map(({ leadId, pool, poolSeq, was, now, cause }) => [
          ...[leadId, pool === undefined ? 'score' : `${pool}/${poolSeq}`, was ?? 'nobody', now ?? 'nobody', cause],
        ]),
    );
  }
  if (undecidable > 0) printLine(`${number(undecidable)} cannot be taken again: ${undecidableBecause}.`);
  for (const [by, count] of Object.entries(result.engines))
    if (by !== result.engine)
      printLine(`${number(count)} were taken by another engine, ${by}; this one is ${result.engine}.`);
  if (erased > 0)
    printLine(`The personal data of ${number(erased)} leads was erased. Their decisions look at none, and replay.`);
  printLine(`In ${seconds.toFixed(1)} s, the log verified with it.`);
}
