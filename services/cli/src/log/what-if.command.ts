import { Command } from 'commander';
import { printJson, printLine, printTable } from '../api/print.js';
import { runCommand } from '../api/run-command.js';
import { Counter } from './counter.js';
import type { JudgedBy } from './verify-folder.js';
import type { WhatIfResult } from './what-if.js';

/** Listed on a terminal; `--json` has a thousand. */
const SHOWN = 20;

/** `fairlead what-if DIR --policy FILE [--json]` */
export function whatIfCommand(): Command {
  return new Command('what-if')
    .description('decides the leads of an exported log under another policy, and tells exactly what changes')
    .argument('<dir>', 'as `fairlead export --out DIR` wrote it; it is verified on the way')
    .requiredOption('--policy <file>', 'the other policy, as YAML or JSON')
    .option('--key <file>', 'the log’s verifier key, from where you trust it')
    .option('--json', 'print { decisions, changed, different, shares, … }')
    .addHelpText(
      'after',
      '\nPartners, lists, claims and scores are those of each moment. Decisions are exact; what people would have done is not known:' +
        '\nwhoever is offered a lead is taken to answer as whoever had it did.',
    )
    .action((dir: string, { policy: file, json, ...judgedBy }: JudgedBy & { policy: string; json?: true }) =>
      runCommand(async () => {
        const { readEvent } = await import('./replay-log.js');
        const { verifyFolder } = await import('./verify-folder.js');
        const { readOtherPolicy, WhatIf } = await import('./what-if.js');
        const whatIf = new WhatIf(readOtherPolicy(file));
        const counter = new Counter('decided');
        await verifyFolder(dir, judgedBy, {
          onEntries: (entries, first) => entries.forEach((entry, at) => whatIf.read(readEvent(entry, first + at))),
          onProgress: (done, of) => counter.show(done, of),
        }).finally(() => counter.clear());
        const result = whatIf.end();
        if (result.undecidable > 0) process.exitCode = 1;
        if (json) return printJson(result);
        describe(result);
      }),
    );
}

function describe({
  decisions,
  leads,
  changed,
  changedLeads,
  different,
  shares,
  undecidable,
  ...more
}: WhatIfResult): void {
  const number = (value: number) => value.toLocaleString('en');
  const party = (id: string | null) => id ?? 'nobody';
  printLine(
    `Of ${number(decisions)} decisions about ${number(leads)} leads, ${number(changed)} about ${number(changedLeads)} leads come out otherwise.`,
  );
  if (changed > 0) {
    printTable(
      ['LEAD', 'DECISION', 'WAS', 'WOULD BE'],
      different
        .slice(0, SHOWN)
        .map(({ leadId, pool, poolSeq, was, now }) => [leadId, `${pool}/${poolSeq}`, party(was), party(now)]),
    );
    if (changed > SHOWN) printLine(`… and ${number(changed - SHOWN)} more; --json lists a thousand.`);
    printLine('');
    printTable(
      ['GRADE', 'PARTY', 'OFFERS', 'WOULD BE'],
      shares.map(({ grade, party: id, was, now }) => [grade, party(id), number(was), number(now)]),
    );
  }
  if (undecidable > 0) printLine(`${number(undecidable)} decisions cannot be taken again: ${more.undecidableBecause}.`);
}
