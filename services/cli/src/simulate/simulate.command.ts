import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { CommandFailed } from '../api/command-failed.js';
import { printJson, printLine } from '../api/print.js';
import { quoted } from '../api/quoted.js';
import { runCommand } from '../api/run-command.js';
import { Counter } from '../log/counter.js';
import type { PlayedPolicy } from './policies.js';

interface SimulateOptions {
  readonly seed: number;
  readonly quarters: number;
  readonly leads: number;
  readonly partners: number;
  readonly policy?: readonly string[];
  readonly parameters?: string;
  readonly sensitivity: boolean;
  readonly json?: true;
  readonly html?: string;
}

/** Ten years: no policy lives longer, and a chart with more of them cannot be read. */
const MAX_QUARTERS = 40;
/** A vendor with more than a thousand leads a day; ten years of these take some minutes, and a quarter of them 200 MB. */
const MAX_LEADS = 100_000;
/** Each of them should have a lead now and then, or nobody learns anything. */
const MAX_PARTNERS = 1_000;
/** As many as there are colours that everybody can tell apart. */
const MAX_POLICIES = 4;

const help = `
Plays the same market under each policy: leads, their luck, and partners who follow up as long as leads are worth it. Leads
are scored and routed by the decisions that run live; there are no servers, no network, no clock: the same seed and
parameters come to the same bytes on every machine. How people behave is assumed, and the report says what is assumed.

  fairlead simulate                                       legacy beside fair, on the terminal
  fairlead simulate --html spiral.html                    the same as a page for a meeting: one file, no scripts
  fairlead simulate --policy legacy --policy mine.yaml    your policy beside what the article tells of
  fairlead simulate --parameters ours.yaml --seed 7       other people: { elasticity: 2, expected: 0.2, skillDirect: 1.25 }
  fairlead simulate --json                                all figures: docs/simulation.md describes them`;

/** `fairlead simulate [--policy legacy|fair|FILE]… [--parameters FILE] [--seed N] [--quarters N] [--leads N] [--partners N] [--html FILE] [--json]` */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description(
      'plays years of a vendor and its partners under any policy: what a way of sharing out leads does to people',
    )
    .option('--policy <which>', 'legacy, fair, or a policy’s file; may be repeated (default legacy and fair)', several)
    .option('--parameters <file>', 'other assumptions about people and markets, as YAML or JSON')
    .option('--seed <number>', 'of all chance', whole(0, 4_294_967_295), 1)
    .option('--quarters <number>', 'how many are played', whole(1, MAX_QUARTERS), 12)
    .option('--leads <number>', 'that come in in a quarter', whole(10, MAX_LEADS), 5_000)
    .option('--partners <number>', 'beside direct sales', whole(1, MAX_PARTNERS), 8)
    .option('--no-sensitivity', 'leave out what becomes of legacy and fair under other assumptions')
    .option('--html <file>', 'write the report as one HTML file, instead of printing it')
    .option('--json', 'print { seed, parameters, policies: [{ quarters, total, lastYear, … }], sensitivity, … }')
    .addHelpText('after', help)
    .action((options: SimulateOptions) =>
      runCommand(async () => {
        const { readDocument } = await import('../log/read-otherwise.js');
        const { defaultParameters, readParameters } = await import('./parameters.js');
        const { builtIn, played, readPolicyDraft } = await import('./policies.js');
        const { simulate } = await import('./simulate.js');
        const { seed, quarters, leads, partners, policy = ['legacy', 'fair'], json, html } = options;
        const read =
          options.parameters === undefined ? {} : readDocument(options.parameters, 'parameter file', readParameters);
        const policies = policy.map((which) =>
          which === 'legacy' || which === 'fair'
            ? builtIn[which]
            : played(readDocument(which, 'policy', readPolicyDraft)),
        );
        mustDiffer(policies);
        const hasBoth = policies.includes(builtIn.legacy) && policies.includes(builtIn.fair);
        const counter = new Counter('played');
        const simulation = simulate(
          { seed, quarters, leads, partners, parameters: { ...defaultParameters, ...read } },
          policies,
          {
            withSensitivity: options.sensitivity && hasBoth,
            onProgress: (done, of) => counter.show(done, of),
          },
        );
        counter.clear();
        const command = commandOf(options);
        if (html !== undefined) {
          const { spiralPage } = await import('./spiral-page.js');
          write(html, spiralPage(simulation, command));
        }
        if (json) return printJson(simulation);
        if (html !== undefined) return printLine(`${html} is written: one file, to be opened in any browser.`);
        const { reportInWords } = await import('./in-words.js');
        process.stdout.write(reportInWords(simulation, command));
      }, options),
    );
}

function mustDiffer(policies: readonly PlayedPolicy[]): void {
  if (policies.length > MAX_POLICIES)
    throw new CommandFailed(
      `At most ${MAX_POLICIES} policies can be told apart in one report; here are ${policies.length}.`,
    );
  const names = policies.map(({ policy }) => policy.name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw new CommandFailed(`Two of the policies are called ${twice}: one could not tell which is which.`);
}

/** What makes the report again, from a folder that has the files. */
function commandOf({
  seed,
  quarters,
  leads,
  partners,
  policy,
  parameters,
  sensitivity,
  html,
}: SimulateOptions): string {
  const file = (name: string) => quoted(basename(name));
  return [
    `npx fairlead simulate --seed ${seed} --quarters ${quarters} --leads ${leads} --partners ${partners}`,
    ...(policy ?? []).map((which) => `--policy ${file(which)}`),
    ...(parameters === undefined ? [] : [`--parameters ${file(parameters)}`]),
    ...(sensitivity ? [] : ['--no-sensitivity']),
    ...(html === undefined ? [] : [`--html ${file(html)}`]),
  ].join(' ');
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CommandFailed(`${file} cannot be written (${(error as NodeJS.ErrnoException).code}).`, { file });
  }
}

function several(which: string, before: readonly string[] = []): readonly string[] {
  return [...before, which];
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,10}$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };
}
