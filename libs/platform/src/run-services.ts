import { Logger } from '@nestjs/common';
import { ConfigurationError } from './environment.js';
import { type ServiceDefinition, startServices } from './start-services.js';

/** sysexits.h's EX_CONFIG: starting again would not help. */
const CONFIGURATION_REFUSED = 78;
/** The platform's own limit for a graceful stop is 25 s; whatever hangs beyond it must not keep the process. */
const STOP_WITHIN_MS = 28_000;

/** The whole of a service's `main.ts`: runs until SIGTERM or SIGINT, then stops gracefully and ends the process. */
export async function runServices(services: readonly ServiceDefinition[]): Promise<void> {
  const start = new AbortController();
  const running = startServices(services, process.env, { signal: start.signal });
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    start.abort(new Error('stopped while starting'));
    void running
      .then((services) => services.close())
      .catch(() => true)
      .then((complete) => process.exit(complete ? 0 : 1));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  try {
    await running;
  } catch (error) {
    if (stopping) return;
    if (error instanceof ConfigurationError) process.stderr.write(`${error.message}\n`);
    else new Logger('start').fatal({ event: 'start.failed', error });
    process.exit(error instanceof ConfigurationError ? CONFIGURATION_REFUSED : 1);
  }
}
