import { Pool } from 'pg';
import { readMigrations } from './migration-files.js';
import type { Query } from './query.js';
import { RowCopy } from './row-copy.js';
import { type DriverError, driverErrorWithoutValues } from './without-values.js';

/** Four parts of a question, and a copy beside them; more would wait for the same few processors. */
const CONNECTIONS = 5;
/** Nothing that is done in one takes so long; a database of our own that does not answer at all is noticed elsewhere. */
const STATEMENT_TIMEOUT_MS = 3_600_000;

/** What is asked is asked once, of all that there is: sorted in memory, and not compiled first. */
const SETTINGS = ['work_mem=64MB', 'jit=off'];

/**
 * A database that nobody else uses and nobody keeps: what is written into it is looked at once, and thrown away. Reached without
 * TypeORM, whose drivers for everything take more memory than the reading of a large log.
 */
export class ScratchDatabase {
  private constructor(private readonly pool: Pool) {}

  /**
   * @param url  of a database that is empty
   * @param migrations  folders of `*.sql` files; what they make is found without naming its schema
   */
  static async open(url: string, applicationName: string, migrations: readonly URL[]): Promise<ScratchDatabase> {
    const pool = new Pool({
      connectionString: url,
      application_name: applicationName,
      max: CONNECTIONS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      options: SETTINGS.map((each) => `-c ${each}`).join(' '),
    });
    // Whoever uses the connection learns of its end from the statement.
    pool.on('error', () => undefined);
    const database = new ScratchDatabase(pool);
    try {
      for (const { sql } of (await Promise.all(migrations.map(readMigrations))).flat()) await database.query(sql);
      return database;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  readonly query: Query = async <Row>(sql: string, parameters?: readonly unknown[]) => {
    try {
      const { rows } = await this.pool.query(sql, parameters as unknown[] | undefined);
      return rows as Row[];
    } catch (error) {
      throw driverErrorWithoutValues(error as DriverError);
    }
  };

  readonly copyInto = async (table: string, columns: readonly string[]): Promise<RowCopy> => {
    const connection = await this.pool.connect();
    try {
      return new RowCopy(connection, table, columns, () => connection.release());
    } catch (error) {
      connection.release();
      throw error;
    }
  };

  async close(): Promise<void> {
    await this.pool.end();
  }
}
