import { createDataSource, type Query, queryOf } from '@fairlead/persistence';

/** PostgreSQL's invalid_catalog_name. */
const NO_SUCH_DATABASE = '3D000';

/**
 * Whether anything of this database's log was signed, so that another key could not go on with it. Makes and changes nothing,
 * whatever is there or is not.
 * @throws when the database cannot be asked
 */
export async function hasPublished(databaseUrl: string): Promise<boolean> {
  const dataSource = createDataSource({
    url: databaseUrl,
    schema: 'audit',
    poolSize: 1,
    applicationName: 'fairlead-audit',
  });
  try {
    await dataSource.initialize();
    const query = queryOf(dataSource);
    return (await isThere(query)) && (await query('SELECT 1 FROM log_head WHERE note IS NOT NULL')).length > 0;
  } catch (error) {
    if ((error as { code?: string }).code === NO_SUCH_DATABASE) return false;
    throw error;
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

async function isThere(query: Query): Promise<boolean> {
  const [row] = await query<{ there: boolean }>(`SELECT to_regclass('log_head') IS NOT NULL AS there`);
  return row?.there === true;
}
