import { Command } from 'commander';
import type { Api } from '../api/client.js';
import { CommandFailed } from '../api/command-failed.js';
import { printJson, printLine, printTable } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';

interface Policy {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly active: boolean;
  readonly createdAt: string;
  readonly createdBy: string;
}

interface Span {
  readonly from: string | null;
  readonly until: string | null;
  readonly by: string | null;
  readonly approvedBy?: string;
}

interface Version extends Policy {
  readonly inForce: readonly Span[];
}

interface Warning {
  readonly path: string;
  readonly line?: number;
  readonly detail: string;
}

interface Plan {
  readonly id: string;
  readonly version: number;
  readonly at: string;
  readonly by: string;
  readonly approvedBy?: string;
}

interface EndedPlan extends Plan {
  readonly outcome: string;
  readonly endedBy: string;
  readonly endedAt: string;
}

interface Proposal {
  readonly id: string;
  /** Null: that no second person is needed any more. */
  readonly version: number | null;
  readonly at: string | null;
  readonly proposedBy: string;
  readonly state: string;
  readonly endedBy?: string;
  readonly endedAt?: string;
}

interface Activated extends Policy {
  readonly scheduled?: Plan;
  readonly proposed?: Proposal;
}

interface Plans {
  readonly scheduled: readonly Plan[];
  readonly ended: readonly EndedPlan[];
  readonly proposals: readonly Proposal[];
}

interface Json {
  readonly json?: true;
}

const NAME = 'the policy’s name';

/** Which line of the file something of the document is on, where it was text. */
type LineOf = (path: readonly (string | number)[]) => number | undefined;

/** `fairlead policies list|show|history|put|activate|plans|cancel|approve|reject` */
export function policiesCommand(): Command {
  return new Command('policies')
    .description('shows policies, writes drafts of them, and puts them in force')
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(showCommand())
    .addCommand(historyCommand())
    .addCommand(putCommand())
    .addCommand(activateCommand())
    .addCommand(plansCommand())
    .addCommand(cancelCommand())
    .addCommand(approveCommand())
    .addCommand(rejectCommand());
}

function listCommand(): Command {
  return new Command('list')
    .description('lists policies: which version is in force since when, and which is the newest')
    .option('--json', 'print { policies }, each { name, inForce: { version, since } | null, newest }')
    .action(async ({ json }: Json) => {
      await runWithApi(
        async (api) => {
          const policies = await listed(api);
          if (json) return printJson({ policies });
          printTable(
            ['POLICY', 'IN FORCE', 'SINCE', 'NEWEST', 'WRITTEN', 'BY'],
            policies.map(({ name, inForce, newest }) => [
              ...[name, inForce === null ? '-' : String(inForce.version), inForce?.since ?? '-'],
              ...[String(newest.version), newest.createdAt, newest.createdBy],
            ]),
          );
        },
        { json },
      );
    });
}

/** The list has the newest version of each, and the one in force where that is another. */
async function listed(api: Api) {
  const { policies } = await api.call<{ policies: Policy[] }>({ method: 'GET', path: '/v1/policies' });
  const active = policies.find(({ active }) => active);
  const path = active && `${pathOf(active.name)}/versions/${active.version}`;
  const span = path === undefined ? undefined : (await api.call<Version>({ method: 'GET', path })).inForce[0];
  return [...Map.groupBy(policies, ({ name }) => name)].map(([name, versions]) => ({
    name,
    inForce: name === active?.name ? { version: active.version, since: span?.from ?? null } : null,
    newest: versions.reduce((one, other) => (other.version > one.version ? other : one)),
  }));
}

function showCommand(): Command {
  return new Command('show')
    .description('prints a version of a policy, as JSON that `fairlead policies put` takes')
    .argument('<name>', NAME)
    .option('--version <number>', 'this one; else the newest')
    .option('--json', 'print { name, version, hash, active, createdAt, createdBy, document }')
    .action(async (name: string, { version, json }: Json & { version?: string }) => {
      await runWithApi(
        async (api) => {
          const query = new URLSearchParams({ limit: '1', ...(version !== undefined && { version }) }).toString();
          const path = `${pathOf(name)}?${query}`;
          const shown = await api.call<Policy & { document: object; versions: unknown; next?: string }>({
            method: 'GET',
            path,
          });
          const { versions: _, next: __, ...policy } = shown;
          if (json) return printJson(policy);
          const state = policy.active ? 'in force' : 'not in force';
          // Beside the document, so that a file has the document alone.
          process.stderr.write(
            `${policy.name}, version ${policy.version}, ${state}; written ${policy.createdAt} by ${policy.createdBy}\n`,
          );
          printLine(JSON.stringify(policy.document, null, 2));
        },
        { json },
      );
    });
}

function historyCommand(): Command {
  return new Command('history')
    .description('lists the versions of a policy, newest first, and when each was in force')
    .argument('<name>', NAME)
    .option('--limit <number>', 'at most; up to 1000', '50')
    .option('--after <version>', 'the next page, as the one before says it')
    .option('--json', 'print { versions, next? }')
    .action(async (name: string, { json, ...page }: Json & { limit: string; after?: string }) => {
      await runWithApi(
        async (api) => {
          const path = `${pathOf(name)}?${new URLSearchParams(page).toString()}`;
          const { versions, next } = await api.call<{ versions: Version[]; next?: string }>({ method: 'GET', path });
          if (json) return printJson({ versions, ...(next !== undefined && { next }) });
          printTable(
            ['VERSION', 'WRITTEN', 'BY', 'IN FORCE'],
            versions.map(({ version, createdAt, createdBy, inForce }) => [
              ...[String(version), createdAt, createdBy, inForce.map(spanInWords).join('; ') || 'never'],
            ]),
          );
          if (next !== undefined) process.stderr.write(`There are more: --after ${next}\n`);
        },
        { json },
      );
    });
}

function spanInWords({ from, until, by, approvedBy }: Span): string {
  const keys = [by, approvedBy].filter((key) => key !== null && key !== undefined).join(' and ');
  return `${from ?? 'earlier'} to ${until ?? 'now'}${keys === '' ? '' : ` by ${keys}`}`;
}

const putHelp = `
What is wrong with the file is told by line and key, and nothing is stored. The same document again is no new version.

Example:
  fairlead policies put emea emea.yaml`;

function putCommand(): Command {
  return new Command('put')
    .description('writes a policy as a draft: a new version, which is not in force yet')
    .argument('<name>', 'the policy’s name, as the file says it')
    .argument('<file>', 'the policy, as YAML or JSON')
    .option('--json', 'print { name, version, hash, active, warnings, … }')
    .addHelpText('after', putHelp)
    .action(async (name: string, file: string, { json }: Json) => {
      await runWithApi(
        async (api) => {
          const { readDraft } = await import('./read-draft.js');
          const { document, lineOf } = readDraft(file);
          if (document.name !== name)
            throw new CommandFailed(`${file}: the policy there is named ${document.name}, and not ${name}.`, { file });
          const body = { type: 'application/json', text: JSON.stringify(document) };
          const put = await api.call<Policy & { warnings: Warning[] }>({ method: 'PUT', path: pathOf(name), body });
          const warnings = put.warnings.map((warning) => withLine(warning, document, lineOf));
          if (json) return printJson({ ...put, warnings });
          printLine(`${name} is at version ${put.version}${put.active ? ', which is in force' : ', a draft'}.`);
          for (const { path, line, detail } of warnings)
            printLine(`  ${line === undefined ? '' : `line ${line}: `}${path} ${detail}`);
        },
        { json },
      );
    });
}

/** The server was sent the document, and this has the file: it knows the lines. */
function withLine(warning: Warning, document: object, lineOf: LineOf | undefined): Warning {
  let at: unknown = document;
  const path = warning.path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => {
      const step = Array.isArray(at) ? Number(part) : part;
      at = (at as Record<string, unknown> | undefined)?.[step];
      return step;
    });
  const line = lineOf?.(path);
  return line === undefined ? warning : { ...warning, line };
}

function activateCommand(): Command {
  return new Command('activate')
    .description('puts a version of a policy in force, now or at a time to come; going back is activating an older one')
    .argument('<name>', NAME)
    .option('--version <number>', 'this one; else the newest')
    .option('--at <time>', 'a time such as 2027-01-01T00:00:00Z, at most 366 days away; else now')
    .option('--json', 'print { name, version, active, scheduled?, proposed?, … }')
    .addHelpText(
      'after',
      '\nWhere it takes two people it is proposed, and another key approves it: fairlead policies approve.' +
        '\n\nExample:\n  fairlead policies activate emea --version 3 --at 2027-01-01T00:00:00Z',
    )
    .action(async (name: string, { json, version, at }: Json & { version?: string; at?: string }) => {
      await runWithApi(
        async (api) => {
          if (version !== undefined && !/^\d{1,9}$/.test(version))
            throw new CommandFailed('--version is a number, as `fairlead policies history` shows it.');
          const text = JSON.stringify({ ...(version !== undefined && { version: Number(version) }), at });
          const activated = await api.call<Activated>({
            method: 'POST',
            path: `${pathOf(name)}/activate`,
            body: { type: 'application/json', text },
          });
          if (json) return printJson(activated);
          const { version: number, scheduled, proposed } = activated;
          if (proposed)
            printLine(
              `Version ${number} of ${name} is proposed: somebody else approves it, with a key of their own:\n` +
                `  fairlead policies approve ${name} ${proposed.id}`,
            );
          else if (scheduled)
            printLine(
              `Version ${number} of ${name} will be in force at ${scheduled.at}. To cancel that until then:\n` +
                `  fairlead policies cancel ${name} ${scheduled.id}`,
            );
          else printLine(`Version ${number} of ${name} is in force.`);
        },
        { json },
      );
    });
}

function plansCommand(): Command {
  return new Command('plans')
    .description('lists what is planned and proposed for a policy, and what became of the latest that was')
    .argument('<name>', NAME)
    .option('--json', 'print { scheduled, ended, proposals }')
    .action(async (name: string, { json }: Json) => {
      await runWithApi(
        async (api) => {
          const plans = await plansOf(api, name);
          if (json) return printJson(plans);
          const rows = planRows(plans);
          if (rows.length === 0) return printLine(`Nothing is planned or proposed for ${name}.`);
          printTable(['ID', 'WHAT', 'VERSION', 'FOR', 'BY', 'STATE'], rows);
        },
        { json },
      );
    });
}

async function plansOf(api: Api, name: string): Promise<Plans> {
  const path = `${pathOf(name)}/activations?limit=1`;
  const { scheduled, ended } = await api.call<Omit<Plans, 'proposals'>>({ method: 'GET', path });
  const { proposals } = await api.call<{ proposals: Proposal[] }>({ method: 'GET', path: `${pathOf(name)}/proposals` });
  return { scheduled, ended, proposals };
}

function planRows({ scheduled, ended, proposals }: Plans): string[][] {
  const by = (one: string, other: string | undefined) => (other === undefined ? one : `${one} and ${other}`);
  const plan = ({ id, version, at, ...who }: Plan) => [id, 'plan', String(version), at, by(who.by, who.approvedBy)];
  return [
    ...scheduled.map((each) => [...plan(each), 'waiting']),
    ...proposals.map(({ id, version, at, proposedBy, state, endedBy, endedAt }) => [
      ...[id, 'proposal', version === null ? 'one person' : String(version), at ?? 'when approved', proposedBy],
      endedBy === undefined ? state : `${state} by ${endedBy}, ${endedAt ?? ''}`,
    ]),
    ...ended.map((each) => [...plan(each), `${each.outcome} by ${each.endedBy}, ${each.endedAt}`]),
  ];
}

function cancelCommand(): Command {
  return new Command('cancel')
    .description('cancels a planned activation')
    .argument('<name>', NAME)
    .argument('<plan>', 'as `fairlead policies plans` shows it')
    .option('--json', 'print { cancelled }')
    .action(async (name: string, plan: string, { json }: Json) => {
      await runWithApi(
        async (api) => {
          await api.call({ method: 'DELETE', path: `${pathOf(name)}/activations/${encodeURIComponent(plan)}` });
          if (json) return printJson({ cancelled: plan });
          printLine('It is cancelled: what is in force stays.');
        },
        { json },
      );
    });
}

function approveCommand(): Command {
  return new Command('approve')
    .description('approves what somebody else proposed, with a key of one’s own')
    .argument('<name>', NAME)
    .argument('<proposal>', 'as `fairlead policies plans` shows it')
    .option('--json', 'print { id, version, state, scheduled?, … }')
    .action(async (name: string, proposal: string, { json }: Json) => {
      await runWithApi(
        async (api) => {
          const path = `${pathOf(name)}/proposals/${encodeURIComponent(proposal)}/approve`;
          const approved = await api.call<Proposal & { scheduled?: Plan }>({ method: 'POST', path });
          if (json) return printJson(approved);
          if (approved.version === null) return printLine(`Approved: from now on one person puts ${name} in force.`);
          const when = approved.scheduled ? `will be in force at ${approved.scheduled.at}` : 'is in force';
          printLine(`Approved: version ${approved.version} of ${name} ${when}.`);
        },
        { json },
      );
    });
}

function rejectCommand(): Command {
  return new Command('reject')
    .description('rejects what was proposed, or takes back what one proposed oneself')
    .argument('<name>', NAME)
    .argument('<proposal>', 'as `fairlead policies plans` shows it')
    .option('--reason <text>', 'needed: why, in up to 500 characters; the log keeps it in clear: no personal data')
    .option('--json', 'print { id, version, state, reason, … }')
    .action(async (name: string, proposal: string, { json, reason }: Json & { reason?: string }) => {
      await runWithApi(
        async (api) => {
          if (reason === undefined || reason.trim() === '')
            throw new CommandFailed('Say why, with --reason TEXT: the log keeps it, so leave out personal data.');
          const path = `${pathOf(name)}/proposals/${encodeURIComponent(proposal)}/reject`;
          const body = { type: 'application/json', text: JSON.stringify({ reason: reason.trim() }) };
          const rejected = await api.call<Proposal>({ method: 'POST', path, body });
          if (json) return printJson(rejected);
          printLine('It is rejected: what is in force stays.');
        },
        { json },
      );
    });
}

function pathOf(name: string): string {
  return `/v1/policies/${encodeURIComponent(name)}`;
}
