import { fileURLToPath } from 'node:url';
import type { MigrationNews } from '@fairlead/persistence';
import { spawnGuarded } from '../../../../infra/local/guarded.mjs';
import { LocalServer } from '../../../../infra/local/local-server.mjs';
import type { ServiceLog } from './service-log.js';
import { untilReady } from './until-ready.js';

/** Beside the migrations, which are let finish; a start takes about two seconds. */
const READY_WITHIN_MS = 180_000;
/** Above the 28 s that the process gives itself. */
const STOP_WITHIN_MS = 30_000;

export interface ServicesProcess extends LocalServer {
  readonly url: string;
}

export interface Starting {
  readonly onMigration?: (news: MigrationNews) => void;
  /** Stops a start that is under way. */
  readonly stopping?: AbortSignal;
}

/**
 * All services in one process beside this one: when it dies, with whatever it had in memory, this one lives to start it again.
 */
export async function startServicesProcess(
  names: readonly string[],
  environment: NodeJS.ProcessEnv,
  recordFile: string,
  log: ServiceLog,
  { onMigration, stopping }: Starting = {},
): Promise<ServicesProcess> {
  const script = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? '../serve.ts' : '../serve.js', import.meta.url),
  );
  let url = '';
  const server = new LocalServer({
    name: 'the services',
    recordFile,
    signals: ['SIGTERM', 'SIGKILL'],
    stopWithinMs: STOP_WITHIN_MS,
    spawn: () => {
      stopping?.throwIfAborted();
      const child = spawnGuarded(process.execPath, [...process.execArgv, script, ...names], {
        env: environment,
        output: 'pipe',
        ipc: true,
        signals: ['SIGTERM', 'SIGKILL'],
        graceMs: STOP_WITHIN_MS,
      });
      log.lastError = undefined;
      log.follow(child.stdout);
      log.follow(child.stderr);
      return child;
    },
    ready: async (child) => {
      url = await untilReady(child, log, READY_WITHIN_MS, (news) => onMigration?.(news));
    },
  });
  // Not let come up first: a migration can take longer than anybody who wants to stop has patience.
  let stopped: Promise<void> | undefined;
  const stop = (): void => void (stopped = server.stop());
  stopping?.addEventListener('abort', stop);
  try {
    await server.start();
  } finally {
    stopping?.removeEventListener('abort', stop);
    await stopped;
  }
  return Object.assign(server, { url });
}
