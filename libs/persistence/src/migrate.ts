import {
  DataSource,
  type DataSourceOptions,
  MigrationExecutor,
  type MigrationInterface,
  type QueryRunner,
} from 'typeorm';
import { type MigrationFile, readMigrations } from './migration-files.js';
import { MigrationWatch } from './migration-watch.js';

/** "fair" in ASCII: what processes from before there was a lock for each schema take for all of them at once. */
const LOCK_OF_ALL = 0x66616972;
/** A cancellation is lost on a connection that is just between two statements. */
const CANCEL_AGAIN_MS = 500;

/**
 * Brings the service's schema up to date with the `*.sql` files of the given folders, in the order of the timestamp that
 * begins each name. Each is committed with the record of it, so that whatever stops them, the next start goes on from there.
 * Processes that start together wait for one another; other schemas are migrated meanwhile.
 * @returns the names of the migrations that were applied now
 * @throws when a migration that was applied before has been edited since: forward only, add a new file; the reason of
 *   `watch.stopping` when it was aborted
 */
export function migrate(
  { options }: DataSource,
  folders: readonly URL[],
  watch = new MigrationWatch(),
): Promise<string[]> {
  return watch.follow(migrateSchema(options, folders, watch));
}

async function migrateSchema(
  options: DataSourceOptions,
  folders: readonly URL[],
  watch: MigrationWatch,
): Promise<string[]> {
  const files = (await Promise.all(folders.map(readMigrations))).flat();
  const { schema } = options as { schema: string };
  watch.stopping.throwIfAborted();
  const dataSource = await new DataSource(onTwoConnections(options)).initialize();
  const runner = dataSource.createQueryRunner();
  try {
    await takeTime(runner);
    return await cancelledBy(watch.stopping, dataSource, runner, async () => {
      await lock(runner, schema, watch);
      // eslint-disable-next-line fairlead/no-interpolated-sql -- a name cannot be a parameter; createDataSource has checked it
      await runner.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await runner.query(
        'CREATE TABLE IF NOT EXISTS migration_checksums (name text PRIMARY KEY, checksum text NOT NULL)',
      );
      await refuseEditedMigrations(runner, files);

      const pending = await executor(dataSource, runner, files).getPendingMigrations();
      for (const { name } of pending) {
        watch.stopping.throwIfAborted();
        const one = executor(
          dataSource,
          runner,
          files.filter((file) => file.name === name),
        );
        await told(schema, name, watch, () => one.executePendingMigrations());
      }
      // Of migrations from when the checksum was noted in a transaction of its own, which may never have come to it.
      await runner.query(NOTE_CHECKSUMS, [files.map(({ name }) => name), files.map(({ checksum }) => checksum)]);
      return pending.map(({ name }) => name);
    });
  } finally {
    await runner.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await runner.release();
    await dataSource.destroy();
  }
}

const NOTE_CHECKSUMS =
  'INSERT INTO migration_checksums SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT (name) DO NOTHING';

/**
 * The first is shared by all schemas and excludes processes from before, which take it for themselves; the second is of the schema.
 * Everybody takes the first before the second, and waits for nothing while having both: no two can wait for each other.
 */
const LOCKS = [
  { ifFree: 'SELECT pg_try_advisory_lock_shared($1) AS taken', take: 'SELECT pg_advisory_lock_shared($1)' },
  {
    ifFree: 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken',
    take: 'SELECT pg_advisory_lock(hashtextextended($1, 0))',
  },
] as const;

async function lock(runner: QueryRunner, schema: string, watch: MigrationWatch): Promise<void> {
  const keys = [LOCK_OF_ALL, `migrations of ${schema}`];
  for (const [index, { ifFree, take }] of LOCKS.entries()) {
    const [row] = (await runner.query(ifFree, [keys[index]])) as { taken: boolean }[];
    if (row?.taken) continue;
    const began = Date.now();
    watch.tell({ event: 'migration.waits', schema });
    try {
      await runner.query(take, [keys[index]]);
    } finally {
      watch.tell({ event: 'migration.waited', schema, seconds: secondsSince(began) });
    }
  }
}

async function told(schema: string, name: string, watch: MigrationWatch, work: () => Promise<unknown>): Promise<void> {
  const began = Date.now();
  watch.tell({ event: 'migration.began', schema, name });
  try {
    await work();
  } catch (error) {
    watch.tell({ event: 'migration.failed', schema, name, seconds: secondsSince(began) });
    throw error;
  }
  watch.tell({ event: 'migration.ended', schema, name, seconds: secondsSince(began) });
}

const secondsSince = (began: number): number => (Date.now() - began) / 1_000;

/** The statement itself is cancelled: one whose connection is merely closed goes on to its end, and its locks are kept as long. */
async function cancelledBy<T>(
  stopping: AbortSignal,
  dataSource: DataSource,
  runner: QueryRunner,
  work: () => Promise<T>,
): Promise<T> {
  const [{ pid }] = (await runner.query('SELECT pg_backend_pid() AS pid')) as [{ pid: number }];
  let again: NodeJS.Timeout | undefined;
  const cancel = (): void => void dataSource.query('SELECT pg_cancel_backend($1)', [pid]).catch(() => undefined);
  const onStop = (): void => {
    cancel();
    again = setInterval(cancel, CANCEL_AGAIN_MS);
  };
  stopping.throwIfAborted();
  stopping.addEventListener('abort', onStop);
  try {
    return await work();
  } catch (error) {
    stopping.throwIfAborted();
    throw error;
  } finally {
    clearInterval(again);
    stopping.removeEventListener('abort', onStop);
  }
}

/** TypeORM wants migrations as classes; these are made from the files, so that SQL is written as SQL. */
function executor(dataSource: DataSource, runner: QueryRunner, files: readonly MigrationFile[]): MigrationExecutor {
  Object.assign(dataSource, { migrations: files.map(toMigration) });
  return Object.assign(new MigrationExecutor(dataSource, runner), { transaction: 'each' as const });
}

/** One connection migrates, so that whoever loses its lock loses its transaction too; the other one can cancel it. */
function onTwoConnections(options: DataSourceOptions): DataSourceOptions {
  return {
    ...options,
    poolSize: 2,
    extra: { ...(options.extra as object), statement_timeout: 0, query_timeout: 0 },
  } as DataSourceOptions;
}

/**
 * A table that has grown for years takes as long as it takes, and whoever starts meanwhile waits for it. Said here, since the driver
 * sends no limit of 0, and those of the server, its database and its role would hold.
 */
async function takeTime(runner: QueryRunner): Promise<void> {
  // Not every version of PostgreSQL knows all of them.
  await runner.query(
    `SELECT set_config(name, '0', false) FROM pg_settings
     WHERE name IN ('statement_timeout', 'lock_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')`,
  );
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

function toMigration({ name, sql, checksum }: MigrationFile): MigrationInterface {
  return {
    name,
    up: async (runner) => {
      await runner.query(sql);
      await runner.query(NOTE_CHECKSUMS, [[name], [checksum]]);
    },
    down: () => Promise.reject(new Error('migrations go forward only')),
  };
}
