import type { Estimate, Interval, WhatIfResult } from '@fairlead/decisions';
import { Command } from 'commander';
import { printJson, printLine, printTable } from '../api/print.js';
import { runCommand } from '../api/run-command.js';
import { Counter } from './counter.js';
import type { OtherFiles } from './read-otherwise.js';
import type { JudgedBy } from './verify-folder.js';

/** Listed on a terminal; `--json` has a thousand. */
const SHOWN = 20;

/** `fairlead what-if DIR [--policy FILE] [--model FILE] [--partners FILE] [--json]` */
export function whatIfCommand(): Command {
  return new Command('what-if')
    .description(
      'decides the leads of an exported log under another policy, model or roster, and tells exactly what changes',
    )
    .argument('<dir>', 'as `fairlead export --out DIR` wrote it; it is verified on the way')
    .option('--policy <file>', 'another policy, as YAML or JSON')
    .option('--model <file>', 'another score model, as YAML or JSON: every lead is scored again')
    .option(
      '--partners <file>',
      'other partners, as YAML, JSON, .ndjson or .csv: { id, name, tier, … } each, or { id, removed: true }',
    )
    .option('--key <file>', 'the log’s verifier key, from where you trust it')
    .option('--json', 'print { decisions, changed, different, shares, grades, fates, estimates, … }')
    .addHelpText(
      'after',
      [
        '',
        'What is not given is what it was at each moment: policies, partners, lists, claims, scores.',
        'Partners of the file are taken to have been so all along; others are as they were.',
        'Decisions are exact. What people would have done is not known: whoever is offered a lead is taken to answer as whoever',
        'had it did; who is offered a lead that was nobody’s answers nothing, and it takes no place under an `open` cap.',
        'Leads are decided when they were decided: that another policy might have held them for longer is left out.',
        'Estimates of outcomes stand apart, under a heading that says so.',
      ].join('\n'),
    )
    .action((dir: string, { json, ...files }: JudgedBy & OtherFiles & { json?: true }) =>
      runCommand(
        async () => {
          const { whatIfLog } = await import('./what-if-log.js');
          const counter = new Counter('decided');
          const result = await whatIfLog(dir, files, (done, of) => counter.show(done, of)).finally(() =>
            counter.clear(),
          );
          if (result.undecidable > 0) process.exitCode = 1;
          if (json) return printJson(result);
          describe(result);
        },
        { json },
      ),
    );
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function describe(result: WhatIfResult): void {
  const { decisions, leads, changed, changedLeads, different, shares, undecidable } = result;
  const party = (id: string | null) => id ?? 'nobody';
  printLine(`With ${withWhat(result.with)}:`);
  printLine(
    `Of ${number(decisions)} decisions about ${number(leads)} leads, ${number(changed)} about ${number(changedLeads)} leads come out otherwise${causes(result)}.`,
  );
  if (changed > 0) {
    printLine('');
    printTable(
      ['LEAD', 'DECISION', 'WAS', 'WOULD BE', 'BECAUSE OF'],
      different
        .slice(0, SHOWN)
        .map(({ leadId, pool, poolSeq, was, now, cause }) => [
          ...[leadId, `${pool}/${poolSeq}`, party(was), party(now), cause],
        ]),
    );
    if (changed > SHOWN) printLine(`… and ${number(changed - SHOWN)} more; --json lists a thousand.`);
  }
  describeGrades(result);
  if (shares.some(({ was, now }) => was !== now)) {
    printLine('\nOffers, by grade and party');
    printTable(
      ['GRADE', 'PARTY', 'WAS', 'WOULD BE'],
      shares.map(({ grade, party: id, was, now }) => [grade, party(id), number(was), number(now)]),
    );
  }
  describeFates(result);
  describeEstimates(result);
  if (undecidable > 0)
    printLine(`\n${number(undecidable)} decisions cannot be taken again: ${result.undecidableBecause}.`);
}

function withWhat({ policy, model, partners }: WhatIfResult['with']): string {
  const document = (kind: string, it: { name: string; hash: string } | undefined) =>
    it && `${kind} ${it.name} (${it.hash.slice(0, 12)})`;
  const roster = partners && `another roster (${partners.changed} put in, ${partners.removed} removed)`;
  return [document('policy', policy), document('model', model), roster].filter((part) => part !== undefined).join(', ');
}

function causes({ causes: by }: WhatIfResult): string {
  const told = Object.entries(by).map(([cause, count]) => `${number(count)} by ${cause}`);
  return told.length > 1 ? ` (${told.join(', ')})` : '';
}

function describeGrades({ grades }: WhatIfResult): void {
  if (grades.every(({ was, now }) => was === now)) return;
  const columns = [...new Set(grades.map(({ now }) => now))].sort();
  const rows = [...new Set(grades.map(({ was }) => was))].sort();
  printLine('\nLeads, by the grade they had and the grade they would have');
  printTable(
    ['WAS', ...columns.map((grade) => `→ ${grade}`)],
    rows.map((was) => [
      was,
      ...columns.map((now) => number(grades.find((each) => each.was === was && each.now === now)?.leads ?? 0)),
    ]),
  );
}

function describeFates({ fates, newlyOffered, noLongerOffered, notDecided, byOtherEngines }: WhatIfResult): void {
  if (Object.values(fates).some(({ was, now }) => was !== now)) {
    const told = { offered: 'somebody has it', nurture: 'to be nurtured', nobody: 'nobody has it' } as const;
    printLine('\nLeads, by where they stand after their last decision');
    printTable(
      ['', 'WAS', 'WOULD BE'],
      (['offered', 'nurture', 'nobody'] as const).map((fate) => [
        told[fate],
        number(fates[fate].was),
        number(fates[fate].now),
      ]),
    );
  }
  if (newlyOffered > 0)
    printLine(
      `${number(newlyOffered)} leads that nobody was ever offered would have been. What came of that nobody can know, so none of it is counted as an answer.`,
    );
  if (noLongerOffered > 0)
    printLine(`${number(noLongerOffered)} leads that somebody was offered would have been nobody’s.`);
  const { held, notScored, notRouted } = notDecided;
  const left = [
    held > 0 && `${number(held)} were still waiting for what they lacked`,
    notScored > 0 && `${number(notScored)} were not scored yet`,
    notRouted > 0 && `${number(notRouted)} were not routed yet`,
  ].filter((part) => part !== false);
  if (left.length > 0)
    printLine(`Leads about which nothing was decided when the log ended are left out: ${left.join(', ')}.`);
  if (byOtherEngines > 0)
    printLine(
      `${number(byOtherEngines)} decisions were taken by another version of the engine: \`fairlead replay\` tells whether this one comes to the same.`,
    );
}

function describeEstimates({ estimates, changed }: WhatIfResult): void {
  if (changed === 0) return;
  const { method, accepted, qualified, won } = estimates;
  const outcomes = { accepted, qualified, won };
  printLine('\nEstimates, not facts');
  const rows = Object.entries(outcomes).flatMap(([name, estimate]) =>
    'was' in estimate ? [[name, estimate] as const] : [],
  );
  if (rows.length > 0)
    printTable(
      ['EXPECTED', 'AS IT WAS', 'AS IT WOULD BE', 'DIFFERENCE'],
      rows.map(([name, { was, now, difference }]) => [name, interval(was), interval(now), interval(difference)]),
    );
  const suppressed = Object.values<Estimate>(outcomes).flatMap((each) =>
    'suppressed' in each ? [each.suppressed] : [],
  );
  for (const sentence of suppressed) printLine(`  ${sentence}`);
  printLine(`  ${method}`);
}

function interval({ expected, low, high }: Interval): string {
  const short = (value: number) => value.toFixed(1).replace('-0.0', '0.0');
  return `${short(expected)} (${short(low)} to ${short(high)})`;
}
