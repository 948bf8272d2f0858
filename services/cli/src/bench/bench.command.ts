import { Command, InvalidArgumentError } from 'commander';
import picocolors from 'picocolors';
import { runCommand } from '../api/run-command.js';
import type { RoadResult } from './road.js';

/** `fairlead bench road [--seconds N] [--json]` */
export function benchCommand(): Command {
  const bench = new Command('bench').description(
    'measures this machine: each figure stands beside its limit or a peer',
  );
  bench
    .command('road')
    .description(
      'leads in by HTTP, through every stage, signed webhooks out: leads a second, and latency at 50 a second',
    )
    .option('--seconds <n>', 'how long each of the two loads is kept up', readSeconds, 20)
    .option('--json', 'the figures as JSON')
    .addHelpText(
      'after',
      '\nStarts a system of its own on throw-away data and loopback only, durable as in production; takes about two minutes.' +
        '\nMeasure on an idle machine: whatever else runs is measured with it.',
    )
    .action((options: { seconds: number; json?: true }) =>
      runCommand(async () => {
        const { benchRoad } = await import('./road.js');
        const onProgress = (text: string): void => void process.stderr.write(picocolors.dim(`  … ${text}\n`));
        const result = await benchRoad({ seconds: options.seconds, onProgress });
        process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describe(result));
        if (result.lost !== 0 || result.repeated !== 0) process.exitCode = 1;
      }),
    );
  return bench;
}

const thousands = (value: number): string => Math.round(value).toLocaleString('en');
const ms = (value: number): string => `${value.toFixed(1)} ms`;

function describe({ limits, sustained, at50, lost, repeated, profile }: RoadResult): string {
  const row = (what: string, found: string, beside: string): string =>
    `  ${what.padEnd(38)} ${found.padStart(12)}   ${picocolors.dim(beside)}\n`;
  return [
    `\n${picocolors.bold('The road')}  HTTP in → score → route → signed webhook out, everything on this machine\n`,
    row(
      'leads a second, sustained',
      thousands(sustained.leadsPerSecond),
      'to reach 1,000, then 1,700; Hookdeck Outpost: 1,500–1,700 for delivery alone',
    ),
    row('latency at 50 leads/s, p50', ms(at50.p50), 'to reach 25 ms; Outpost: 28–30 ms for delivery alone'),
    row('latency at 50 leads/s, p99', ms(at50.p99), 'to reach 60 ms; Outpost: 54–60 ms for delivery alone'),
    sustained.statementsPerLead === null
      ? ''
      : row(
          'SQL statements for each lead',
          sustained.statementsPerLead.toFixed(2),
          "to reach 0.5; Odoo's assignment alone: 4.5–7.5",
        ),
    row('lost, repeated', `${lost}, ${repeated}`, 'must be 0, 0'),
    `\n${picocolors.bold('Limits')}  what the parts do alone, in the same run, one client each\n`,
    row('kafkajs, events acknowledged a second', thousands(limits.kafka), 'the road sends about 4 for each lead'),
    row(
      'PostgreSQL, durable rows a second',
      thousands(limits.postgres),
      'transactions of 100 rows, one statement each',
    ),
    row('undici, signed requests a second', thousands(limits.webhooks), 'to the same receiver'),
    `\n${picocolors.bold('Where the CPU time of the services goes')}\n`,
    ...profile
      .slice(0, 14)
      .map(({ name, seconds, share }) => row(name, `${(share * 100).toFixed(1)} %`, `${seconds.toFixed(1)} s`)),
    '\n',
  ].join('');
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 5 || seconds > 600)
    throw new InvalidArgumentError('From 5 to 600 seconds.');
  return seconds;
}
