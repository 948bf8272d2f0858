import type { ChildProcess } from 'node:child_process';
import type { MigrationNews } from '@fairlead/persistence';
import { PlainProblem } from '../../../../infra/local/plain-problem.mjs';
import { CONFIGURATION_REFUSED, type ServiceMessage } from './run-services.js';
import type { ServiceLog } from './service-log.js';

/** The services' address, once they say that they run; until then what they migrate is passed on. */
export function untilReady(
  child: ChildProcess,
  log: Pick<ServiceLog, 'file' | 'lastError'>,
  withinMs: number,
  onMigration: (news: MigrationNews) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const limit = new TimeNotMigrating(withinMs, () =>
      reject(new PlainProblem(`The services were not ready within ${withinMs / 1_000} s. Their log is ${log.file}.`)),
    );
    let refused: string | undefined;
    child.on('message', (message) => {
      const told = message as ServiceMessage;
      if (told.event === 'refused') refused = told.why;
      else if (told.event === 'ready') {
        limit.end();
        resolve(told.url);
      } else {
        limit.hear(told);
        onMigration(told);
      }
    });
    child.once('error', reject);
    // 'close' and not 'exit': by then the last words have been read.
    child.once('close', (code, signal) => {
      limit.end();
      // What a process that was killed has not said any more.
      for (const news of limit.unfinished()) onMigration(news);
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

/** A limit that runs only while nothing is migrated: how long that takes, nobody knows who does not know the database. */
class TimeNotMigrating {
  /** By schema, each of which does one thing at a time. */
  private readonly migrating = new Map<string, { readonly news: MigrationNews; readonly since: number }>();
  private timer: NodeJS.Timeout | undefined;
  private since = 0;

  constructor(
    private leftMs: number,
    private readonly onEnd: () => void,
  ) {
    this.goOn();
  }

  hear(news: MigrationNews): void {
    this.pause();
    if ('seconds' in news) this.migrating.delete(news.schema);
    else this.migrating.set(news.schema, { news, since: performance.now() });
    if (this.migrating.size === 0) this.goOn();
  }

  end(): void {
    this.pause();
  }

  unfinished(): MigrationNews[] {
    return [...this.migrating.values()].map(({ news, since }) => {
      const seconds = (performance.now() - since) / 1_000;
      const { schema } = news;
      return 'name' in news
        ? { event: 'migration.failed', schema, name: news.name, seconds }
        : { event: 'migration.waited', schema, seconds };
    });
  }

  private goOn(): void {
    this.since = performance.now();
    this.timer = setTimeout(this.onEnd, Math.max(0, this.leftMs));
  }

  private pause(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.leftMs -= performance.now() - this.since;
  }
}
