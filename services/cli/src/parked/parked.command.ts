import { Command } from 'commander';
import { printJson, printLine, printTable } from '../api/print.js';
import { runWithApi } from '../api/run-command.js';

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

/** `fairlead parked [list|redrive ID]` */
export function parkedCommand(): Command {
  const parked = new Command('parked').description('shows events that could not be processed, and tries them again');

  parked
    .command('list', { isDefault: true })
    .description('lists what is parked, oldest first within each service')
    .option('--json', 'print { parked }')
    .action(async ({ json }: { json?: true }) => {
      await runWithApi(async (api) => {
        const all = await api.list<Parked>('/v1/parked', 'parked');
        if (json) return printJson({ parked: all });
        if (all.length === 0) return printLine('Nothing is parked.');
        printTable(
          ['ID', 'EVENT', 'OF', 'WHY', 'TRIES', 'SINCE'],
          all.map((each) => [each.id, each.type, each.key, why(each), String(each.attempts), each.parkedAt]),
        );
      });
    });

  parked
    .command('redrive')
    .description('gives a parked event, and those that wait behind it, to its service again')
    .argument('<id>', 'as `fairlead parked list` shows it')
    .option('--json', 'print { redriven, remaining, errorClass? }')
    .addHelpText('after', '\nExample:\n  fairlead parked redrive routing.17')
    .action(async (id: string, { json }: { json?: true }) => {
      await runWithApi(async (api) => {
        const path = `/v1/parked/${encodeURIComponent(id)}/redrive`;
        const outcome = await api.call<Redriven>({ method: 'POST', path });
        // Failing once more is an outcome and is printed as one; the exit code still says that it did not succeed.
        if (outcome.remaining > 0) process.exitCode = 1;
        if (json) return printJson(outcome);
        printLine(`Redriven: ${outcome.redriven}.`);
        if (outcome.remaining > 0) {
          printLine(`Still parked: ${outcome.remaining}. The first failed again: ${outcome.errorClass ?? 'unknown'}.`);
        }
      });
    });

  return parked;
}

function why({ errorClass, behind, service }: Parked): string {
  return behind === null ? errorClass : `waits behind ${service}.${behind}`;
}
