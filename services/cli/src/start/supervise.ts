import picocolors from 'picocolors';
import { startKafka } from '../../../../infra/local/kafka.mjs';
import type { LocalServer } from '../../../../infra/local/local-server.mjs';
import { PlainProblem } from '../../../../infra/local/plain-problem.mjs';
import { isFree } from '../../../../infra/local/ports.mjs';
import { startPostgres } from '../../../../infra/local/postgres.mjs';
import { CommandFailed } from '../api/command-failed.js';
import type { DataFolder } from './data-folder.js';
import { firstKeys } from './first-keys.js';
import type { Progress } from './progress.js';
import { ServiceLog } from './service-log.js';
import { startServicesProcess } from './services-process.js';

/** Waits before each further attempt to start what has died: at once for an accident, rarely for a standing cause. */
const BACKOFF_MS = [200, 1_000, 2_000, 5_000, 10_000, 30_000] as const;
/** Who has run this long has recovered: its next death is a new accident. */
const RECOVERED_AFTER_MS = 60_000;
/** One press of Ctrl-C can arrive more than once: from the terminal and from npm. A later one is a second press. */
const SAME_PRESS_MS = 1_500;

export interface Supervised {
  readonly url: string;
  readonly adminKey: string;
  /** Settles when everything has stopped. */
  readonly stopped: Promise<void>;
  /** Aborted when the stop begins. */
  readonly stopping: AbortSignal;
}

/** What the disk refuses, in plain words; anything else stays as it is. */
function explained(error: unknown, folder: DataFolder): unknown {
  if (error instanceof PlainProblem) return new CommandFailed(error.sentence);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') {
    return new CommandFailed(
      `The disk of ${folder.path} is full. Free some space and start again; what has been accepted is kept.`,
    );
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new CommandFailed(
      `Something in ${folder.path} cannot be written (${code}). Start as the user to whom it belongs, or set FAIRLEAD_DATA_DIR to another folder.`,
    );
  }
  return error;
}

/**
 * Starts the embedded servers that the environment does not replace, then the services; starts again whatever dies, and
 * stops everything in order at a signal: the services, which still need the others, then Kafka, then PostgreSQL.
 */
export async function supervise(
  names: readonly string[],
  folder: DataFolder,
  environment: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<Supervised> {
  folder.refuseWhenClaimed(); // before the port, which that process has too
  const { host, port } = await freeAddress(environment);
  folder.make();
  const release = claim(folder, `http://${host}:${port}`);
  const stopping = new AbortController();
  /** In the order of their stop. */
  const running: { services?: LocalServer; kafka?: LocalServer; postgres?: LocalServer } = {};
  const pending = new Set<Promise<unknown>>();

  const track = async <T extends LocalServer>(place: keyof typeof running, starting: Promise<T>): Promise<T> => {
    pending.add(starting);
    const server = await starting.finally(() => pending.delete(starting));
    running[place] = server;
    keepRunning(server, progress, stopping.signal);
    return server;
  };

  let finish = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (finish = resolve));
  const stop = async (): Promise<void> => {
    stopping.abort();
    // PostgreSQL and Kafka are let come up when they are half-way up: only then can they be stopped in an orderly way.
    await Promise.allSettled(pending);
    for (const server of [running.services, running.kafka, running.postgres]) await server?.stop();
    progress.close();
    release();
    finish();
  };
  onStopSignal(progress, stop);

  try {
    const postgres = environment['DATABASE_URL']
      ? undefined
      : progress.step(
          'PostgreSQL',
          track('postgres', startPostgres({ dir: folder.in('postgres'), databases: ['fairlead', 'fairlead_keys'] })),
          ({ port: at }) => `127.0.0.1:${at}`,
        );
    const kafka = environment['KAFKA_BROKERS']
      ? undefined
      : progress.step('Kafka', track('kafka', startKafka({ dir: folder.in('kafka') })), ({ brokers }) => brokers);
    await Promise.allSettled([postgres, kafka]);
    const urls = (await postgres)?.urls;
    const brokers = (await kafka)?.brokers;
    stopping.signal.throwIfAborted();

    const adminKey = environment['FAIRLEAD_ADMIN_KEY'] || folder.adminKey();
    const given: NodeJS.ProcessEnv = {
      ...environment,
      ...(urls && { DATABASE_URL: urls['fairlead'] }),
      ...(urls && !environment['KEYS_DATABASE_URL'] && { KEYS_DATABASE_URL: urls['fairlead_keys'] }),
    };
    const first = firstKeys(given, (text) => progress.warn('key-not-made', text));
    const masterKeyFile = environment['FAIRLEAD_MASTER_KEY_FILE'] || (await folder.masterKeyFile(first.masterKey));
    const logKeyFile = environment['FAIRLEAD_LOG_KEY_FILE'] || (await folder.logKeyFile(first.logKey));
    const log = new ServiceLog(folder.in('services.log'), (text) => progress.warn('error', text));
    const services = await progress.step(
      'Services',
      track(
        'services',
        startServicesProcess(
          names,
          {
            ...given,
            ...(brokers && { KAFKA_BROKERS: brokers }),
            FAIRLEAD_ADMIN_KEY: adminKey,
            FAIRLEAD_MASTER_KEY_FILE: masterKeyFile,
            FAIRLEAD_LOG_KEY_FILE: logKeyFile,
            FAIRLEAD_LOG_DIR: environment['FAIRLEAD_LOG_DIR'] || folder.in('log'),
            FAIRLEAD_LOG_FORMAT: 'json', // for the file; what a person should see is picked from it
          },
          folder.in('services.pid.json'),
          log,
          { onMigration: (news) => progress.migration(news), stopping: stopping.signal },
        ),
      ),
      () => names.join(', '),
    );
    return { url: services.url, adminKey, stopped, stopping: stopping.signal };
  } catch (error) {
    if (stopping.signal.aborted) {
      await stopped;
      return { url: '', adminKey: '', stopped, stopping: stopping.signal };
    }
    await stop();
    throw explained(error, folder);
  }
}

function claim(folder: DataFolder, url: string): () => void {
  try {
    return folder.claim(url);
  } catch (error) {
    throw explained(error, folder);
  }
}

/** @throws CommandFailed when somebody else listens there: told before anything is started */
async function freeAddress(environment: NodeJS.ProcessEnv): Promise<{ host: string; port: number }> {
  const host = environment['FAIRLEAD_HOST'] || '127.0.0.1';
  const port = Number(environment['FAIRLEAD_PORT'] || 8080);
  if (port !== 0 && !(await isFree(port, host))) {
    throw new CommandFailed(
      `Port ${port} is taken by another program. Stop it, or choose another port: --port ${port + 1}, or FAIRLEAD_PORT.`,
    );
  }
  return { host: host === '0.0.0.0' ? '127.0.0.1' : host, port };
}

/** Starts a server again each time it dies, with growing pauses while that does not help. */
function keepRunning(server: LocalServer, progress: Progress, stopping: AbortSignal): void {
  let failures = 0;
  let since = Date.now();
  server.onExit(({ code, signal, expected }) => {
    if (expected || stopping.aborted) return;
    if (Date.now() - since > RECOVERED_AFTER_MS) failures = 0;
    const how = signal ?? `code ${code}`;
    progress.warn('died', `${capital(server.name)} ended unexpectedly (${how}) and is started again.`, {
      what: server.name,
      how,
    });
    void (async () => {
      let told = '';
      while (!stopping.aborted) {
        await pause(BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 0, stopping);
        failures += 1;
        if (stopping.aborted) return;
        try {
          await server.start();
          since = Date.now();
          progress.warn('restarted', `${capital(server.name)} runs again.`, { what: server.name });
          return;
        } catch (error) {
          const why = error instanceof PlainProblem ? error.sentence : String(error);
          // The same trouble is told once, not at every attempt.
          if (why !== told && !stopping.aborted) progress.warn('restart-failed', why, { what: server.name });
          told = why;
        }
      }
    })();
  });
}

function onStopSignal(progress: Progress, stop: () => Promise<void>): void {
  let first = 0;
  const onSignal = (): void => {
    if (first === 0) {
      first = Date.now();
      progress.say('stopping', `\n  Stopping. ${picocolors.dim('Ctrl-C once more does not wait.')}`);
      void stop();
    } else if (Date.now() - first > SAME_PRESS_MS) {
      // The guards of the servers see us go and stop them; their data is safe either way.
      process.exit(130);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  process.on('disconnect', onSignal);
}

function pause(ms: number, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stopping.addEventListener('abort', done);
  });
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
