import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { ReadModels } from '@fairlead/outcome-tracking/read-models';
import { startPostgres } from '../../../../infra/local/postgres.mjs';
import { slots } from './entry-slots.js';
import type { ReadModelsWork } from './read-models.worker.js';
import { Thread } from './thread.js';

/** Rebuilds the read models from entries that another thread sends it, in a PostgreSQL that is started for it and thrown away. */
export class ReadModelsThread {
  private constructor(
    private readonly starting: ReturnType<typeof startPostgres>,
    private readonly thread: Thread<ReadModels>,
    /** Where entries go in. */
    readonly entrance: { readonly shared: SharedArrayBuffer; readonly port: MessagePort },
  ) {}

  /**
   * PostgreSQL starts while the log is read.
   * @param folder  for its data, and for what does not fit into memory
   */
  static begin(folder: string): ReadModelsThread {
    const { port1, port2 } = new MessageChannel();
    const shared = slots();
    const work: ReadModelsWork = { folder, shared, port: port2 };
    const thread = new Thread<ReadModels>(new URL('./read-models.worker.ts', import.meta.url), work, {
      transfer: [port2],
    });
    const starting = startPostgres({ dir: join(folder, 'postgres'), durable: false, databases: ['fairlead'] });
    starting.then(
      ({ urls }) => thread.tell(urls['fairlead'] ?? ''),
      // Whoever waits for it is told.
      () => undefined,
    );
    return new ReadModelsThread(starting, thread, { shared, port: port1 });
  }

  /** What they come to. Rejects also when PostgreSQL does not start. */
  get result(): Promise<ReadModels> {
    return Promise.all([this.thread.result, this.starting]).then(([models]) => models);
  }

  async close(): Promise<void> {
    await this.thread.close();
    const postgres = await this.starting.catch(() => undefined);
    await postgres?.stop();
  }
}
