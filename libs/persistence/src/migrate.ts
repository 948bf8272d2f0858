import { DataSource, type DataSourceOptions, type MigrationInterface, type QueryRunner } from 'typeorm';
import { type MigrationFile, readMigrations } from './migration-files.js';

/** Any number will do, as long as every process of ours uses the same; this one spells "fair" in ASCII. */
const LOCK = 0x66616972;

/**
 * Brings the service's schema up to date with the `*.sql` files of the given folders, in the order of the timestamp that
 * begins each name, in one transaction. Processes that start together wait for one another.
 * @returns the names of the migrations that were applied now
 * @throws when a migration that was applied before has been edited since: forward only, add a new file
 */
export async function migrate({ options }: DataSource, folders: readonly URL[]): Promise<string[]> {
  const files = (await Promise.all(folders.map(readMigrations))).flat();
  const { schema } = options as { schema: string };
  const dataSource = await new DataSource(unhurried(options)).initialize();
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [LOCK]);
    // eslint-disable-next-line fairlead/no-interpolated-sql -- a name cannot be a parameter; createDataSource has checked it
    await runner.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await runner.query(
      'CREATE TABLE IF NOT EXISTS migration_checksums (name text PRIMARY KEY, checksum text NOT NULL)',
    );
    await refuseEditedMigrations(runner, files);

    // TypeORM wants migrations as classes; these are made from the files, so that SQL is written as SQL.
    Object.assign(dataSource, { migrations: files.map(toMigration) });
    const applied = await dataSource.runMigrations({ transaction: 'all' });

    await runner.query(
      'INSERT INTO migration_checksums SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT (name) DO NOTHING',
      [files.map(({ name }) => name), files.map(({ checksum }) => checksum)],
    );
    return applied.map(({ name }) => name);
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
    await runner.release();
    await dataSource.destroy();
  }
}

/** A table that has grown for years takes as long as it takes, and whoever starts meanwhile waits for it. */
function unhurried(options: DataSourceOptions): DataSourceOptions {
  const noLimits = { statement_timeout: 0, query_timeout: 0, idle_in_transaction_session_timeout: 0 };
  return { ...options, extra: { ...(options.extra as object), ...noLimits } };
}

async function refuseEditedMigrations(runner: QueryRunner, files: readonly MigrationFile[]): Promise<void> {
  const rows = (await runner.query('SELECT name, checksum FROM migration_checksums')) as MigrationFile[];
  const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  for (const { name, file, checksum } of files) {
    const before = applied.get(name);
    if (before !== undefined && before !== checksum)
      throw new Error(
        `${file} was edited after it had been applied; restore it and put the change into a new migration`,
      );
  }
}

function toMigration({ name, sql }: MigrationFile): MigrationInterface {
  return {
    name,
    up: async (runner) => {
      await runner.query(sql);
    },
    down: () => Promise.reject(new Error('migrations go forward only')),
  };
}
