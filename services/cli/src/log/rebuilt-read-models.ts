import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FairleadEvent } from '@fairlead/events';
import type { ReadModels, ReadModelsLoad } from '@fairlead/outcome-tracking/read-models';
import { createDataSource, migrate, queryOf, RowCopy } from '@fairlead/persistence';
import { startPostgres } from '../../../../infra/local/postgres.mjs';

/** No log takes so long; a database of our own that does not answer at all is noticed elsewhere. */
const STATEMENT_TIMEOUT_MS = 3_600_000;
const SCHEMA = 'replayed';

/** Rebuilds the read models from a log, in a PostgreSQL that is started for it and thrown away. */
export class RebuiltReadModels {
  private constructor(
    private readonly folder: string,
    private readonly starting: ReturnType<typeof startPostgres>,
    private readonly load: ReadModelsLoad,
  ) {}

  /** PostgreSQL starts while the log is read. */
  static async begin(): Promise<RebuiltReadModels> {
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-replay-'));
    const starting = startPostgres({ dir: join(folder, 'postgres'), durable: false, databases: ['fairlead'] });
    // Whoever waits for it is told.
    starting.catch(() => undefined);
    const { ReadModelsLoad } = await import('@fairlead/outcome-tracking/read-models');
    return new RebuiltReadModels(folder, starting, new ReadModelsLoad(folder));
  }

  /** Takes an event, in the order of the log. */
  read(event: FairleadEvent): void {
    this.load.read(event);
  }

  /** @returns what they come to */
  async end(): Promise<ReadModels> {
    const { dropSecondaryIndexes, readModelMigrations, readModelsOf } =
      await import('@fairlead/outcome-tracking/read-models');
    const postgres = await this.starting;
    const dataSource = createDataSource({
      url: postgres.urls['fairlead'] ?? '',
      schema: SCHEMA,
      poolSize: 4,
      applicationName: 'fairlead-replay',
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    });
    await dataSource.initialize();
    try {
      await migrate(dataSource, [readModelMigrations]);
      const query = queryOf(dataSource);
      await dropSecondaryIndexes(query);
      // Nobody needs it after a crash.
      await query('ALTER TABLE leads SET UNLOGGED');
      await query('ALTER TABLE offers SET UNLOGGED');
      await this.load.write((table, columns) => RowCopy.into(dataSource, table, columns));
      return await readModelsOf(query, { atOnce: true });
    } finally {
      await dataSource.destroy();
    }
  }

  async close(): Promise<void> {
    this.load.close();
    const postgres = await this.starting.catch(() => undefined);
    await postgres?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
