import { ConfigurationError, type RunningServices, type StartOptions, startServices } from '@fairlead/platform';
import type { MigrationNews } from '@fairlead/persistence';
import { loadServices } from '../services.js';

/** What the process of the services tells its supervisor. */
export type ServiceMessage =
  | { readonly event: 'ready'; readonly url: string }
  | { readonly event: 'refused'; readonly why: string }
  | MigrationNews;

/** sysexits.h's EX_CONFIG: starting again would not help. */
export const CONFIGURATION_REFUSED = 78;

/** A stop that hangs must end all the same; the platform's own limit for a graceful one is 25 s. */
const STOP_WITHIN_MS = 28_000;

/**
 * Runs services in this process until a signal, or until whoever started us is gone: a supervisor that was killed must not
 * leave services behind that a new one knows nothing of.
 */
export async function runServices(names: readonly string[]): Promise<void> {
  let running: Promise<RunningServices> | undefined;
  let stopping = false;
  const start = new AbortController();
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    start.abort(new Error('stopped while starting'));
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    void (async () => {
      const services = await running?.catch(() => undefined);
      const complete = (await services?.close()) ?? true;
      process.exit(complete ? 0 : 1);
    })();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.on('disconnect', stop);

  try {
    const options: StartOptions = { signal: start.signal, onMigration: (news) => void tell(news) };
    running = loadServices(names).then((services) => startServices(services, process.env, options));
    const { url } = await running;
    await tell({ event: 'ready', url });
  } catch (error) {
    if (stopping) return;
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`fairlead: ${error.message}\n`);
    await tell({ event: 'refused', why: error.message });
    process.exit(CONFIGURATION_REFUSED);
  }
}

/** Settles when the message is out: an exit right after sending would lose it. */
function tell(message: ServiceMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
