import { tellEvent, type ToldEvent } from '@fairlead/events/tell';
import { Command } from 'commander';
import { CommandFailed } from '../api/command-failed.js';
import { printJson, printLine, printTable } from '../api/print.js';
import { runCommand } from '../api/run-command.js';
import { runWithApi } from '../api/run-with-api.js';

interface Entry {
  readonly index: number;
  readonly event: ToldEvent;
}

interface Options {
  readonly log?: string;
  readonly key?: string;
  readonly json?: true;
}

/** `fairlead timeline LEAD [--log DIR [--key FILE]] [--json]` */
export function timelineCommand(): Command {
  return new Command('timeline')
    .description('tells a lead’s life as the log has it: who did what, and why')
    .argument('<lead>', 'the lead’s id')
    .option('--log <dir>', 'from an exported log, which is verified on the way: no system has to run')
    .option('--key <file>', 'with --log: the log’s verifier key, from where you trust it')
    .option('--json', 'print { leadId, entries }, each with its index in the log and the whole event')
    .addHelpText(
      'after',
      '\nWHO is a party, the id of the key that was used, or the service that said it. Times are UTC.' +
        '\nfairlead explain LEAD says of each decision why it was taken, and why others did not get the lead.',
    )
    .action(async (lead: string, { log, key, json }: Options) => {
      const print = (entries: readonly Entry[]) => {
        if (json) printJson({ leadId: lead, entries });
        else describe(lead, entries);
      };
      if (log !== undefined)
        await runCommand(async () => print(await entriesIn(log, lead, key === undefined ? {} : { key })), { json });
      else
        await runWithApi(
          async (api) => print(await api.list<Entry>(`/v1/leads/${encodeURIComponent(lead)}/timeline`, 'entries')),
          { json },
        );
    });
}

/** @throws CommandFailed when the log is not sound, or says nothing of the lead */
async function entriesIn(folder: string, lead: string, judgedBy: { key?: string }): Promise<Entry[]> {
  const { eachEntry, readWhole, verifyFolder } = await import('../log/verify-folder.js');
  const { Counter } = await import('../log/counter.js');
  const counter = new Counter('read');
  const found: Entry[] = [];
  let index = 0;
  await verifyFolder(folder, judgedBy, {
    onEntries: eachEntry((entry) => {
      // Most entries are of other leads: what does not have its id anywhere need not be parsed.
      if (entry.includes(lead)) {
        const event = readWhole(entry);
        if (event.subject === lead) found.push({ index, event: event as ToldEvent });
      }
      index += 1;
    }),
    onProgress: (done, of) => counter.show(done, of),
  }).finally(() => counter.clear());
  if (found.length === 0) throw new CommandFailed(`The log in ${folder} says nothing of a lead ${lead}.`);
  return found;
}

function describe(lead: string, entries: readonly Entry[]): void {
  printLine(`Lead ${lead}, ${entries.length} events\n`);
  printTable(
    ['INDEX', 'TIME', 'WHO', 'WHAT', 'WHY'],
    entries.map(({ index, event }) => {
      const { who, what, why } = tellEvent(event);
      return [String(index), event.time.replace('T', ' ').replace(/\.\d+Z$/, ''), who, what, why];
    }),
  );
}
