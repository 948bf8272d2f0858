import { Command, Option } from 'commander';
import type { Api } from '../api/client.js';
import { CommandFailed } from '../api/command-failed.js';
import { printJson, printLine, printTable } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';
import { momentOf } from './moment.js';

interface Attempt {
  readonly attempt: number;
  readonly startedAt: string;
  readonly durationMs: number | null;
  readonly status: number | null;
  readonly failure: string | null;
  readonly excerpt: string | null;
}

interface Delivery {
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly leadId: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly createdAt: string;
  readonly nextAttemptAt: string | null;
  readonly resendOf: string | null;
  readonly resentAs: string | null;
  readonly attempts: readonly Attempt[];
}

/** A delivery does not say which endpoint it is for: whoever asked knows. */
type Listed = { readonly endpointId: string } & Delivery;

interface Page {
  readonly deliveries: readonly Listed[];
  readonly next?: string;
}

interface ListOptions {
  readonly endpoint?: string;
  readonly state?: string;
  readonly type?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly after?: string;
  readonly json?: true;
}

interface ReplayOptions {
  readonly since: string;
  readonly until?: string;
  readonly state?: string;
  readonly type?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

interface Replay {
  readonly id?: string;
  readonly deliveries: number;
  readonly more: boolean;
}

const STATES = ['pending', 'delivered', 'failed', 'withheld'];
const REPLAYED = ['missed', 'failed', 'withheld', 'all'];
const MOMENT = 'an instant such as 2026-01-31T08:00:00Z, or how long ago: 90m, 12h, 7d';

/** `fairlead deliveries list|show|resend|replay` */
export function deliveriesCommand(): Command {
  return new Command('deliveries')
    .description('shows what was sent to partners and what became of it, and sends it again')
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(showCommand())
    .addCommand(resendCommand())
    .addCommand(replayCommand());
}

function listCommand(): Command {
  return new Command('list')
    .description('lists what was sent to a partner’s endpoints, newest first')
    .argument('<partner>', 'the partner’s id; `direct` for the vendor’s own sales')
    .option('--endpoint <id>', 'of this one only; else a page of each that the partner has')
    .addOption(new Option('--state <state>', 'what became of it').choices(STATES))
    .option('--type <event>', 'of this event, such as lead.routed')
    .option('--since <moment>', MOMENT)
    .option('--until <moment>', 'not included')
    .option('--limit <number>', 'of each endpoint at most; up to 1000', '50')
    .option('--after <place>', 'the next page of one endpoint, as the one before says it')
    .option('--json', 'print { deliveries, next? }')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead deliveries list acme --state failed --since 24h\n  fairlead deliveries list acme --endpoint crm --type lead.routed',
    )
    .action(async (partner: string, { endpoint, json, ...narrowing }: ListOptions) => {
      await runWithApi(
        async (api) => {
          if (narrowing.after !== undefined && endpoint === undefined)
            throw new CommandFailed('--after is a place in the list of one endpoint: name it with --endpoint.');
          const page = await listed(api, partner, endpoint, narrowing);
          if (json) return printJson(page);
          if (page.deliveries.length === 0) return printLine('Nothing was found.');
          printTable(
            ['ID', 'ENDPOINT', 'EVENT', 'LEAD', 'STATE', 'WHY', 'TRIES', 'MADE'],
            page.deliveries.map((each) => [
              ...[each.id, each.endpointId, each.eventType, each.leadId ?? '-', each.state, why(each)],
              ...[String(each.attempts.length), each.createdAt],
            ]),
          );
          if (page.next !== undefined) process.stderr.write(`There are more: --after ${page.next}\n`);
        },
        { json },
      );
    });
}

function showCommand(): Command {
  return new Command('show')
    .description('shows one delivery, with each attempt of it')
    .argument('<partner>')
    .argument('<endpoint>')
    .argument('<id>', 'as `fairlead deliveries list` shows it')
    .option('--json', 'print the delivery as the API answers it')
    .action(async (partner: string, endpoint: string, id: string, { json }: { json?: true }) => {
      await runWithApi(
        async (api) => {
          const path = `${pathOf(partner, endpoint)}/deliveries/${encodeURIComponent(id)}`;
          const delivery = await api.call<Delivery>({ method: 'GET', path });
          if (json) return printJson(delivery);
          print(delivery);
        },
        { json },
      );
    });
}

function resendCommand(): Command {
  return new Command('resend')
    .description('sends one delivery again, whether or not it had arrived')
    .argument('<partner>')
    .argument('<endpoint>')
    .argument('<id>', 'as `fairlead deliveries list` shows it')
    .option('--json', 'print { deliveryId, resendOf }')
    .addHelpText(
      'after',
      '\nIt is sent under a new id, as far as it is still true. Asked for again while it waits, it is the same.',
    )
    .action(async (partner: string, endpoint: string, id: string, { json }: { json?: true }) => {
      await runWithApi(
        async (api) => {
          const path = `${pathOf(partner, endpoint)}/deliveries/${encodeURIComponent(id)}/resend`;
          const resent = await api.call<{ deliveryId: string; resendOf: string }>({ method: 'POST', path });
          if (json) return printJson(resent);
          printLine(`It is sent again as ${resent.deliveryId}.`);
        },
        { json },
      );
    });
}

function replayCommand(): Command {
  return new Command('replay')
    .description('sends everything again that an endpoint has missed since a moment')
    .argument('<partner>')
    .argument('<endpoint>')
    .requiredOption('--since <moment>', MOMENT)
    .option('--until <moment>', 'not included; else until now')
    .addOption(
      new Option('--state <state>', 'what of it: `missed` is what failed or was withheld, `all` also what arrived')
        .choices(REPLAYED)
        .default('missed'),
    )
    .option('--type <event>', 'of this event, such as lead.routed')
    .option('--dry-run', 'say how many it would be, and send nothing')
    .option('--json', 'print { deliveries, more } of a dry run, and else the replay as the API answers it')
    .addHelpText(
      'after',
      '\nExamples:\n  fairlead deliveries replay acme crm --since 3d --dry-run\n  fairlead deliveries replay acme crm --since 2026-01-30T18:00:00Z',
    )
    .action(async (partner: string, endpoint: string, { dryRun, json, ...asked }: ReplayOptions) => {
      await runWithApi(
        async (api) => {
          const query = queryOf({ ...asked, ...(dryRun && { dryRun: 'true' }) });
          const path = `${pathOf(partner, endpoint)}/replay${query}`;
          const replay = await api.call<Replay>({ method: 'POST', path });
          if (json) return printJson(replay);
          printLine(
            replay.id === undefined
              ? `It would be ${replay.deliveries}${replay.more ? ' at a time, and more after them' : ''}.`
              : `${replay.deliveries} are sent again, oldest first; replay ${replay.id}.`,
          );
          if (replay.id !== undefined && replay.more) printLine('There may be more: ask again when it is over.');
        },
        { json },
      );
    });
}

/** A page of one endpoint; or one of each, together and in the order of time, of which there is no next. */
async function listed(
  api: Api,
  partner: string,
  endpoint: string | undefined,
  narrowing: Omit<ListOptions, 'endpoint' | 'json'>,
): Promise<Page> {
  const pageOf = async (endpointId: string): Promise<Page> => {
    const path = `${pathOf(partner, endpointId)}/deliveries${queryOf(narrowing)}`;
    const { deliveries, ...rest } = await api.call<Omit<Page, 'deliveries'> & { deliveries: Delivery[] }>({
      method: 'GET',
      path,
    });
    return { deliveries: deliveries.map((each) => ({ endpointId, ...each })), ...rest };
  };
  if (endpoint !== undefined) return pageOf(endpoint);
  const { endpoints } = await api.call<{ endpoints: { id: string }[] }>({
    method: 'GET',
    path: `${partnerPath(partner)}/endpoints`,
  });
  const deliveries: Listed[] = [];
  for (const { id } of endpoints) {
    const page = await pageOf(id);
    deliveries.push(...page.deliveries);
    if (page.next !== undefined)
      process.stderr.write(`There are more of ${id}: --endpoint ${id} --after ${page.next}\n`);
  }
  return { deliveries: deliveries.sort((one, other) => (one.createdAt < other.createdAt ? 1 : -1)) };
}

function print(delivery: Delivery): void {
  const { id, eventId, eventType, leadId, createdAt, nextAttemptAt, resendOf, resentAs, state, attempts } = delivery;
  const reason = why(delivery);
  printTable(
    ['DELIVERY', id],
    [
      ['event', `${eventType} ${eventId}`],
      ['lead', leadId ?? '-'],
      ['state', reason === '' ? state : `${state}: ${reason}`],
      ['made', createdAt],
      ...(nextAttemptAt === null ? [] : [['next attempt', nextAttemptAt]]),
      ...(resendOf === null ? [] : [['repeats', resendOf]]),
      ...(resentAs === null ? [] : [['repeated by', resentAs]]),
    ],
  );
  if (attempts.length === 0) return;
  printLine('');
  printTable(
    ['ATTEMPT', 'AT', 'TOOK', 'STATUS', 'FAILURE', 'ANSWER'],
    attempts.map((each) => [
      ...[String(each.attempt), each.startedAt, each.durationMs === null ? '-' : `${each.durationMs} ms`],
      ...[String(each.status ?? '-'), each.failure ?? '', each.excerpt ?? ''],
    ]),
  );
}

/** Why it is withheld, or what its latest attempt has failed for. */
function why({ state, reason, attempts }: Delivery): string {
  return reason ?? (state === 'delivered' ? '' : (attempts.at(-1)?.failure ?? ''));
}

function partnerPath(partner: string): string {
  return `/v1/partners/${encodeURIComponent(partner)}`;
}

function pathOf(partner: string, endpoint: string): string {
  return `${partnerPath(partner)}/endpoints/${encodeURIComponent(endpoint)}`;
}

/** Options are named as the API's parameters are. */
function queryOf({ since, until, ...rest }: Readonly<Partial<Record<string, string>>>): string {
  const now = Date.now();
  const query = new URLSearchParams(rest as Record<string, string>);
  if (since !== undefined) query.set('since', momentOf(since, now));
  if (until !== undefined) query.set('until', momentOf(until, now));
  return `?${query.toString()}`;
}
