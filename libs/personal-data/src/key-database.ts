import {
  createDataSource,
  isTransient,
  migrate,
  type MigrationWatch,
  QueryFailed,
  type Query,
  queryOf,
} from '@fairlead/persistence';

type DataSource = ReturnType<typeof createDataSource>;

/** Beside the database of the services, when KEYS_DATABASE_URL does not name another server: its backups are separate. */
const DEFAULT_DATABASE = 'fairlead_keys';
/** One statement per batch, from a handful of handlers at a time. */
const POOL_SIZE = 4;
/** PostgreSQL's invalid_catalog_name. */
const NO_SUCH_DATABASE = '3D000';

export interface KeyDatabaseSettings {
  readonly databaseUrl: string;
  readonly keysDatabaseUrl: string | undefined;
}

/** Opens the database of the keys and brings it up to date; makes it when it is the default one and missing. */
export async function openKeyDatabase(
  { databaseUrl, keysDatabaseUrl }: KeyDatabaseSettings,
  watch?: MigrationWatch,
): Promise<DataSource> {
  if (keysDatabaseUrl === undefined) await createDefaultDatabase(databaseUrl);
  const dataSource = describe(keysDatabaseUrl ?? besides(databaseUrl), 'personal_data');
  await dataSource.initialize();
  try {
    await migrate(dataSource, [new URL('../migrations/', import.meta.url)], watch);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return dataSource;
}

/**
 * Whether a master key was used with this key database, so that another one would be of no use with it. Makes and changes
 * nothing, whatever is there or is not.
 * @throws when the database cannot be asked
 */
export async function belongsToMasterKey({ databaseUrl, keysDatabaseUrl }: KeyDatabaseSettings): Promise<boolean> {
  const dataSource = describe(keysDatabaseUrl ?? besides(databaseUrl), 'personal_data');
  try {
    await dataSource.initialize();
    const query = queryOf(dataSource);
    if (!(await isThere(query, 'lead_keys'))) return false;
    if ((await query('SELECT 1 FROM lead_keys LIMIT 1')).length > 0) return true;
    if (!(await isThere(query, 'master_key_in_force'))) return false;
    // The column may be missing still: nothing has migrated it yet.
    const known = await query(`SELECT 1 FROM master_key_in_force AS m WHERE to_jsonb(m) ->> 'fingerprint' IS NOT NULL`);
    return known.length > 0;
  } catch (error) {
    if ((error as { code?: string }).code === NO_SUCH_DATABASE) return false;
    throw error;
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

async function isThere(query: Query, table: string): Promise<boolean> {
  const [row] = await query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  return row?.there === true;
}

async function createDefaultDatabase(databaseUrl: string): Promise<void> {
  const dataSource = describe(databaseUrl, 'public');
  await dataSource.initialize();
  const query = queryOf(dataSource);
  try {
    const existing = await query('SELECT 1 FROM pg_database WHERE datname = $1', [DEFAULT_DATABASE]);
    if (existing.length === 0) await query(`CREATE DATABASE ${DEFAULT_DATABASE}`);
  } catch (error) {
    // Another process of ours was quicker; PostgreSQL reports that in one of two ways.
    if (error instanceof QueryFailed && (error.code === '42P04' || error.code === '23505')) return;
    if (isTransient(error)) throw error;
    throw new Error(
      `the database ${DEFAULT_DATABASE} cannot be made: create it, or name another in KEYS_DATABASE_URL`,
      {
        cause: error,
      },
    );
  } finally {
    await dataSource.destroy();
  }
}

function besides(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.pathname = `/${DEFAULT_DATABASE}`;
  return url.href;
}

function describe(url: string, schema: string): DataSource {
  return createDataSource({ url, schema, poolSize: POOL_SIZE, applicationName: 'fairlead-personal-data' });
}
