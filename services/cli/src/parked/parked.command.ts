import { Command } from 'commander';
import type { Api } from '../api/client.js';
import { CommandFailed } from '../api/command-failed.js';
import { printJson, printLine, printTable } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';

interface Parked {
  readonly id: string;
  readonly service: string;
  readonly eventId: string;
  readonly key: string;
  readonly type: string;
  readonly address: { readonly topic: string; readonly partition: number; readonly offset: string };
  readonly errorClass: string;
  readonly behind: string | null;
  readonly attempts: number;
  readonly parkedAt: string;
}

interface Redriven {
  readonly redriven: number;
  readonly remaining: number;
  readonly errorClass?: string;
}

interface RedriveOptions {
  readonly all?: true;
  readonly reason?: string;
  readonly json?: true;
}

/** `fairlead parked [list|redrive ID --reason TEXT|redrive --all --reason TEXT]` */
export function parkedCommand(): Command {
  const parked = new Command('parked').description('shows events that could not be processed, and tries them again');

  parked
    .command('list', { isDefault: true })
    .description('lists what is parked, oldest first within each service')
    .option('--json', 'print { parked }')
    .action(async ({ json }: { json?: true }) => {
      await runWithApi(
        async (api) => {
          const all = await api.list<Parked>('/v1/parked', 'parked');
          if (json) return printJson({ parked: all });
          if (all.length === 0) return printLine('Nothing is parked.');
          printTable(
            ['ID', 'EVENT', 'OF', 'WHY', 'TRIES', 'SINCE'],
            all.map((each) => [each.id, each.type, each.key, why(each), String(each.attempts), each.parkedAt]),
          );
        },
        { json },
      );
    });

  parked
    .command('redrive')
    .description('gives parked events, and those that wait behind them, to their service again')
    .argument('[id]', 'as `fairlead parked list` shows it')
    .option('--all', 'everything that is parked: after a bug was mended')
    .option('--reason <text>', 'needed: why, in 3 to 500 characters; the log keeps it in clear: no personal data')
    .option('--json', 'print { redriven, remaining, errorClass? }')
    .addHelpText(
      'after',
      "\nExamples:\n  fairlead parked redrive routing.17 --reason 'the pool it names is there now'" +
        "\n  fairlead parked redrive --all --reason 'the rule that refused them is mended'",
    )
    .action(async (id: string | undefined, { all, reason, json }: RedriveOptions) => {
      await runWithApi(
        async (api) => {
          if ((id === undefined) !== (all === true)) throw new CommandFailed('Name one parked event, or say --all.');
          if (reason === undefined || reason.trim() === '')
            throw new CommandFailed(
              'Say why, with --reason TEXT: the log keeps it beside your key, so leave out personal data.',
            );
          const ids = id === undefined ? await culprits(api) : [id];
          const outcome = await redrive(api, ids, reason.trim());
          // Failing once more is an outcome and is printed as one; the exit code still says that it did not succeed.
          if (outcome.remaining > 0) process.exitCode = 1;
          if (json) return printJson(outcome);
          printLine(`Redriven: ${outcome.redriven}.`);
          if (outcome.remaining > 0) {
            printLine(
              `Still parked: ${outcome.remaining}. The first failed again: ${outcome.errorClass ?? 'unknown'}.`,
            );
          }
        },
        { json },
      );
    });

  return parked;
}

/** Those that others wait behind, or that stand alone. */
async function culprits(api: Api): Promise<string[]> {
  const all = await api.list<Parked>('/v1/parked', 'parked');
  return all.filter(({ behind }) => behind === null).map(({ id }) => id);
}

async function redrive(api: Api, ids: readonly string[], reason: string): Promise<Redriven> {
  const body = { type: 'application/json', text: JSON.stringify({ reason }) };
  let total: Redriven = { redriven: 0, remaining: 0 };
  for (const [done, id] of ids.entries()) {
    if (ids.length > 1 && process.stderr.isTTY) process.stderr.write(`\r  ${done + 1} of ${ids.length}`);
    const path = `/v1/parked/${encodeURIComponent(id)}/redrive`;
    const { redriven, remaining, errorClass } = await api.call<Redriven>({ method: 'POST', path, body });
    const firstError = total.errorClass ?? errorClass;
    total = {
      redriven: total.redriven + redriven,
      remaining: total.remaining + remaining,
      ...(firstError !== undefined && { errorClass: firstError }),
    };
  }
  if (ids.length > 1 && process.stderr.isTTY) process.stderr.write('\n');
  return total;
}

function why({ errorClass, behind, service }: Parked): string {
  return behind === null ? errorClass : `waits behind ${service}.${behind}`;
}
