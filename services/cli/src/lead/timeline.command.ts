import { Command } from 'commander';
import { printJson, printTable } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';

interface Entry {
  readonly index: number;
  readonly event: {
    readonly time: string;
    readonly type: string;
    readonly source: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

/** What of an event's data is worth a line, in this order. */
const TOLD = ['state', 'grade', 'score', 'to', 'party', 'why', 'reason', 'outcome', 'actor', 'requestedBy'] as const;

/** `fairlead timeline LEAD [--json]` */
export function timelineCommand(): Command {
  return new Command('timeline')
    .description('tells a lead’s life as the log has it')
    .argument('<lead>', 'the lead’s id')
    .option('--json', 'print { entries }, each with its index in the log and the whole event')
    .action(async (lead: string, { json }: { json?: true }) => {
      await runWithApi(async (api) => {
        const entries = await api.list<Entry>(`/v1/leads/${encodeURIComponent(lead)}/timeline`, 'entries');
        if (json) return printJson({ entries });
        printTable(
          ['INDEX', 'TIME', 'EVENT', 'BY', 'WHAT'],
          entries.map(({ index, event: { time, type, source, data } }) => [
            ...[String(index), time, type, source],
            TOLD.flatMap((name) => (isWord(data[name]) ? `${name} ${data[name]}` : [])).join(', '),
          ]),
        );
      });
    });
}

function isWord(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
