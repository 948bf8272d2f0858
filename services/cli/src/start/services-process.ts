import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '../../../../infra/local/guarded.mjs';
import { LocalServer } from '../../../../infra/local/local-server.mjs';
import { PlainProblem } from '../../../../infra/local/plain-problem.mjs';
import { CONFIGURATION_REFUSED, type ServiceMessage } from './run-services.js';
import type { ServiceLog } from './service-log.js';

/** Migrations of a large database are let finish; a start on an empty one takes about two seconds. */
const READY_WITHIN_MS = 180_000;
/** Above the 28 s that the process gives itself. */
const STOP_WITHIN_MS = 30_000;

export interface ServicesProcess extends LocalServer {
  readonly url: string;
}

/**
 * All services in one process beside this one: when it dies, with whatever it had in memory, this one lives to start it again.
 */
export async function startServicesProcess(
  names: readonly string[],
  environment: NodeJS.ProcessEnv,
  recordFile: string,
  log: ServiceLog,
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
      url = await untilReady(child, log);
    },
  });
  await server.start();
  return Object.assign(server, { url });
}

function untilReady(child: ChildProcess, log: ServiceLog): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () =>
        reject(
          new PlainProblem(
            `The services were not ready within ${READY_WITHIN_MS / 1_000} s. Their log is ${log.file}.`,
          ),
        ),
      READY_WITHIN_MS,
    );
    let refused: string | undefined;
    child.on('message', (message) => {
      const told = message as ServiceMessage;
      if (told.event === 'refused') refused = told.why;
      if (told.event !== 'ready') return;
      clearTimeout(late);
      resolve(told.url);
    });
    child.once('error', reject);
    // 'close' and not 'exit': by then the last words have been read.
    child.once('close', (code, signal) => {
      clearTimeout(late);
      if (code === CONFIGURATION_REFUSED && refused !== undefined) reject(new PlainProblem(refused));
      else
        reject(
          new PlainProblem(
            `The services ended while they were starting (${log.lastError ?? signal ?? `code ${code}`}). Their log is ${log.file}.`,
          ),
        );
    });
  });
}
