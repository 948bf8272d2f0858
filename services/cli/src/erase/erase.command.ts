import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { Command, Option } from 'commander';
import type { Api } from '../api/client.js';
import { CommandFailed } from '../api/command-failed.js';
import { printJson, printLine } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';
import { revealedTo, type ToldEvent } from './revealed-to.js';

interface EraseOptions {
  readonly subject?: string;
  readonly lead?: string;
  readonly reason?: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly json?: true;
}

interface Found {
  readonly leadId: string;
  readonly status: 'found' | 'erased';
  readonly source?: string;
  readonly receivedAt?: string;
}

interface Listed extends Found {
  /** Who could see the contact; null: the log does not say, because it does not answer. */
  readonly revealedTo: readonly string[] | null;
}

const REASONS = ['subject-request', 'consent-withdrawn', 'retention-ended', 'taken-in-by-mistake'];

/** `fairlead erase --subject EMAIL|PHONE | --lead ID` */
export function eraseCommand(): Command {
  return new Command('erase')
    .description('erases the personal data of a person, or of one lead, for good')
    .option('--subject <email|phone>', 'every lead that holds this address or number; `-` reads it from standard input')
    .option('--lead <id>', 'this lead, and those that somebody decided are the same person’s')
    .addOption(new Option('--reason <reason>', 'why; stands in the log').choices(REASONS))
    .option('--dry-run', 'only lists what would be erased')
    .option('--yes', 'does not ask')
    .option('--json', 'print { dryRun, leads }, each with who could see its contact')
    .addHelpText(
      'after',
      `
What it does: the key of each lead is deleted, so that name, addresses and free text are unreadable in every table,
topic, log and export; the lead is offered and sent to nobody any more; the log says that it was erased, still verifies,
and still replays. What it does not: what partners have copied is theirs to delete. They are listed, and told by the
webhook lead.erased if they subscribed to it.

Examples:
  fairlead erase --subject jane@example.com --dry-run
  fairlead erase --subject "+49 30 901820" --dry-run
  fairlead erase --subject - --yes --reason subject-request < address.txt
  fairlead erase --lead 3f0c2a4e-8f7b-4c1d-9a55-0d1f6f1f0a11 --yes`,
    )
    .action(async (options: EraseOptions) => {
      await runWithApi(
        async (api) => {
          const { subject, lead, reason, dryRun = false, json } = options;
          if ((subject === undefined) === (lead === undefined))
            throw new CommandFailed('Say whom: --subject EMAIL or PHONE, or --lead ID.');
          if (!dryRun && !options.yes && (json || !process.stdin.isTTY || subject === '-'))
            throw new CommandFailed('This cannot be undone: say --yes, or --dry-run to see what it would be.');
          const found = await find(api, lead === undefined ? whoHolds(await given(subject)) : { leadId: lead });
          if (!dryRun && !options.yes && found.leads.length > 0 && !(await agreed(found.leads.length)))
            throw new CommandFailed('Nothing was erased.');
          const leads = dryRun ? found.leads : await found.erase(reason);
          const listed = [];
          for (const each of leads) listed.push({ ...each, revealedTo: await seenBy(api, each.leadId) });
          if (json) printJson({ dryRun, leads: listed });
          else tell(listed, dryRun);
        },
        { json: options.json },
      );
    });
}

interface Findings {
  readonly leads: readonly Found[];
  erase(reason: string | undefined): Promise<readonly Found[]>;
}

/** The address, or the number, goes in bodies only: no server on the way writes those into its log. */
async function find(api: Api, who: Readonly<Record<string, string>>): Promise<Findings> {
  const ask = async (more: object) => {
    const body = { type: 'application/json', text: JSON.stringify({ ...who, ...more }) };
    return (await api.call<{ leads: Found[] }>({ method: 'POST', path: '/v1/erasures', body })).leads;
  };
  return { leads: await ask({ dryRun: true }), erase: (reason) => ask(reason === undefined ? {} : { reason }) };
}

function whoHolds(subject: string): Readonly<Record<string, string>> {
  return subject.includes('@') ? { email: subject } : { phone: subject };
}

async function given(subject = ''): Promise<string> {
  return subject === '-' ? (await text(process.stdin)).trim() : subject;
}

async function agreed(count: number): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const what = count === 1 ? 'one lead' : `${count} leads`;
  const answer = await terminal.question(`Erase the personal data of ${what}, for good? (yes/no) `);
  terminal.close();
  return answer.trim().toLowerCase() === 'yes';
}

async function seenBy(api: Api, leadId: string): Promise<string[] | null> {
  try {
    const entries = await api.list<{ event: ToldEvent }>(`/v1/leads/${encodeURIComponent(leadId)}/timeline`, 'entries');
    return revealedTo(entries.map(({ event }) => event));
  } catch (error) {
    // What was asked for is done; that the log does not answer is no reason to say otherwise.
    if (error instanceof CommandFailed) return null;
    throw error;
  }
}

function tell(leads: readonly Listed[], dryRun: boolean): void {
  if (leads.length === 0) return printLine('No lead holds it.');
  for (const { leadId, status, source, receivedAt, revealedTo: parties } of leads) {
    const where = [source && `from ${source}`, receivedAt && `received ${receivedAt}`].filter(Boolean).join(', ');
    const what = status === 'found' ? 'would erase' : dryRun ? 'is erased already' : 'erased';
    printLine(`${what} ${leadId}  ${where}`.trimEnd());
    if (parties === null)
      printLine('  the log does not answer: `fairlead timeline` tells later who could see the contact');
    else if (parties.length > 0) printLine(`  could see the contact, and must be told: ${parties.join(', ')}`);
  }
}
