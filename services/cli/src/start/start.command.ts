import { relative } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import picocolors from 'picocolors';
import { runCommand } from '../api/run-command.js';
import { configurationHelp } from '../configuration.js';
import { serviceNames } from '../services.js';
import { DataFolder } from './data-folder.js';
import { Progress } from './progress.js';

interface Options {
  readonly services?: readonly string[];
  readonly port?: number;
  readonly json?: true;
  readonly demo?: true;
}

/** `fairlead start [--services a,b] [--port N]` */
export function startCommand(): Command {
  return new Command('start')
    .description('starts the services, and PostgreSQL and Kafka where none are named; Ctrl-C stops everything')
    .option('--services <names>', `only these, separated by commas: ${serviceNames.join(', ')}`, readServices)
    .option('--port <port>', 'port of the API, before FAIRLEAD_PORT', readPort)
    .option('--demo', 'plays a sample campaign once everything runs')
    .option('--json', 'tells what happens as JSON lines')
    .addHelpText(
      'after',
      () =>
        '\nWhat it starts itself it also looks after: what dies is started again. With both DATABASE_URL and KAFKA_BROKERS set' +
        '\nthere is nothing to look after, and the services run in this very process, as a container wants it.' +
        `\n${configurationHelp()}`,
    )
    .action((options: Options) => runCommand(() => start(options)));
}

async function start({ services = serviceNames, port, json, demo }: Options): Promise<void> {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    ...(port !== undefined && { FAIRLEAD_PORT: String(port) }),
    // The demo's partners listen on this machine; outside of it no webhook reaches a private address unasked.
    ...(demo && !process.env['FAIRLEAD_WEBHOOK_ALLOW'] && { FAIRLEAD_WEBHOOK_ALLOW: '127.0.0.0/8' }),
  };
  const folder = new DataFolder(environment);
  if (environment['DATABASE_URL'] && environment['KAFKA_BROKERS'] && !demo)
    return runHere(services, folder, environment);

  const progress = new Progress(json === true);
  if (!json) progress.say('starting', picocolors.bold('Fairlead'));
  const { supervise } = await import('./supervise.js');
  const from = environment['FAIRLEAD_ADMIN_KEY'] ? 'environment' : folder.hasNoAdminKey() ? 'new' : 'folder';
  const { url, adminKey, stopped, stopping } = await supervise(services, folder, environment, progress);
  if (!stopping.aborted) {
    const console = services.includes('console') && !json ? await consoleLink(url, adminKey) : undefined;
    progress.say('ready', welcome(url, folder, { key: adminKey, from }, console), {
      url,
      ...(services.includes('console') && { console: `${url}/console` }),
      documentation: `${url}/docs`,
      dataFolder: folder.path,
      ...(from === 'new' && { adminKey }),
    });
  }
  // A campaign that is in the middle of a call must not hold up the end of what it calls.
  if (demo && !stopping.aborted) void playDemo(url, adminKey, folder, stopping, progress);
  await stopped;
  process.exit();
}

/** Nothing to supervise: a signal goes straight to the services, and who watches the container watches them. */
async function runHere(names: readonly string[], folder: DataFolder, environment: NodeJS.ProcessEnv): Promise<void> {
  const { runServices } = await import('./run-services.js');
  Object.assign(process.env, environment);
  // A read-only container without keys of its own is fine for services that need none; the others say what they miss.
  if (folder.canBeMade()) {
    process.env['FAIRLEAD_ADMIN_KEY'] ||= folder.adminKey();
    const { firstKeys } = await import('./first-keys.js');
    const first = firstKeys(process.env, (text) => process.stderr.write(`fairlead: ${text}\n`));
    process.env['FAIRLEAD_MASTER_KEY_FILE'] ||= await folder.masterKeyFile(first.masterKey);
    process.env['FAIRLEAD_LOG_KEY_FILE'] ||= await folder.logKeyFile(first.logKey);
    process.env['FAIRLEAD_LOG_DIR'] ||= folder.in('log');
  }
  await runServices(names);
}

async function playDemo(
  url: string,
  adminKey: string,
  folder: DataFolder,
  stopping: AbortSignal,
  progress: Progress,
): Promise<void> {
  try {
    const { playCampaign } = await import('../demo/play-campaign.js');
    await playCampaign({ url, adminKey, dataFolder: folder.path, stopping });
  } catch (error) {
    if (stopping.aborted) return;
    // Everything else runs on: a campaign that went wrong is no reason to take the product away.
    progress.warn('demo-failed', `The sample campaign broke off: ${(error as Error).message}`);
  }
}

/** A link in the administrator's name; without one the page asks for a key, which is no reason not to start. */
async function consoleLink(url: string, key: string): Promise<string> {
  const [{ Api }, { entryLink }] = await Promise.all([import('../api/client.js'), import('../console/entry-link.js')]);
  const api = new Api({ url, key });
  try {
    return `${url}${(await entryLink(api)).path}`;
  } catch {
    return `${url}/console`;
  } finally {
    await api.close();
  }
}

/** Where it is to be found: one of the environment is in no file of ours, whatever the data folder has. */
interface AdminKey {
  readonly key: string;
  readonly from: 'environment' | 'folder' | 'new';
}

export function welcome(url: string, folder: DataFolder, adminKey: AdminKey, console: string | undefined): string {
  const line = (name: string, value: string): string => `  ${picocolors.dim(name.padEnd(12))} ${value}`;
  return [
    '',
    ...(console === undefined
      ? []
      : [line('Console', picocolors.cyan(console)), line('', picocolors.dim('the link opens it once'))]),
    line('API', picocolors.cyan(url)),
    line('API page', picocolors.cyan(`${url}/docs`)),
    ...(adminKey.from === 'new'
      ? [
          line('Admin key', adminKey.key),
          line('', picocolors.dim(`shown only now, kept in ${near(folder.in('admin-key'))}`)),
        ]
      : [
          line(
            'Admin key',
            picocolors.dim(
              adminKey.from === 'environment' ? 'the one of FAIRLEAD_ADMIN_KEY' : `in ${near(folder.in('admin-key'))}`,
            ),
          ),
        ]),
    line('Log', picocolors.dim(near(folder.in('services.log')))),
    line('', picocolors.dim('Ctrl-C stops everything; the next start finds its data again.')),
    '',
  ].join('\n');
}

/** As short as a person would type it. */
function near(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}

function readServices(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !serviceNames.includes(name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`There is no ${unknown.join(', ')}. There are: ${serviceNames.join(', ')}.`);
  return serviceNames.filter((name) => names.includes(name));
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}
