import type { ClientBase, QueryResult } from 'pg';
import { Counter } from 'prom-client';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Query } from './query.js';
import { withoutValues } from './query-failed.js';
import { statement, type Statement } from './statement.js';
import { driverErrorWithoutValues } from './without-values.js';
import { queryWithEnds } from './with-ends.js';

/** What a service asks of its database: divided by its leads, the figure that decides how far one database goes. */
const statements = new Counter({
  name: 'fairlead_sql_statements_total',
  help: 'Statements sent to PostgreSQL, beginnings and ends of transactions included',
  labelNames: ['schema'],
});
const schemaOf = (dataSource: DataSource): string => (dataSource.options as { schema?: string }).schema ?? '';

/** Puts a statement off until `work` has returned, to go out together with the COMMIT; at most one, and nobody sees its rows. */
export type FinishWith = (sql: string, parameters: readonly unknown[]) => void;

/**
 * Runs `work` in one transaction on one connection: committed when it returns, rolled back when it throws. The transaction begins with the
 * first statement, in the same way there and back.
 * A commit whose answer is lost counts as failed although it may have happened; callers make their work repeatable.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (query: Query, finishWith: FinishWith) => Promise<T>,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  let begun = false;
  try {
    const counted = { schema: schemaOf(dataSource) };
    const answers = (commits: boolean) =>
      answering(runner, async (asked) => {
        const ends = { begins: !begun, commits };
        begun = true;
        statements.inc(counted, 1 + Number(ends.begins) + Number(commits));
        return queryWithEnds(await connectionOf(runner), asked, ends);
      });
    let last: Parameters<FinishWith> | undefined;
    const result = await work(answers(false), (sql, parameters) => {
      if (last) throw new RangeError('a transaction ends with one statement');
      last = [sql, parameters];
    });
    if (last) await answers(true)(...last);
    else if (begun) await queryOn(runner)('COMMIT');
    return result;
  } catch (error) {
    // The connection may be gone, and with it the transaction: then there is nothing left to roll back.
    if (begun && !isUnanswered(error)) await queryOn(runner)('ROLLBACK').catch(() => undefined);
    throw withoutValues(error);
  } finally {
    await runner.release();
  }
}

/** Statements outside a transaction, each on whichever connection of the pool is free. */
export function queryOf(dataSource: DataSource): Query {
  return async (sql, parameters) => {
    const runner = dataSource.createQueryRunner();
    try {
      return await queryOn(runner)(sql, parameters);
    } finally {
      await runner.release();
    }
  };
}

export function queryOn(runner: QueryRunner): Query {
  const counted = { schema: schemaOf(runner.dataSource) };
  return answering(runner, async (asked) => {
    statements.inc(counted);
    return (await connectionOf(runner)).query(asked);
  });
}

function answering(runner: QueryRunner, ask: (asked: Statement) => Promise<Partial<QueryResult>>): Query {
  return async <Row>(sql: string, parameters?: readonly unknown[]) => {
    try {
      // Of several statements at once, as in a migration, nobody wants to know.
      return ((await ask(statement(sql, parameters))).rows ?? []) as Row[];
    } catch (error) {
      if (isUnanswered(error)) await giveUpConnection(runner);
      throw driverErrorWithoutValues(error as Error);
    }
  };
}

/** The driver's connection behind a runner, whose own way knows neither statements that are kept nor lists in binary. */
async function connectionOf(runner: QueryRunner): Promise<ClientBase> {
  try {
    const connection = (await runner.connect()) as ClientBase;
    if (runner.isReleased) throw new Error('the connection was released already');
    return connection;
  } catch (error) {
    throw withoutValues(error);
  }
}

/** The driver's word for a statement that neither succeeded nor failed in the time that even a slow one may take. */
function isUnanswered(error: unknown): boolean {
  return error instanceof Error && error.message.includes('Query read timeout');
}

/** Whatever is asked of this connection next would wait behind the statement that was never answered. */
async function giveUpConnection(runner: QueryRunner): Promise<void> {
  const connection = (await runner.connect()) as { end(): Promise<void> };
  // With a statement under way this cuts the socket, and the pool replaces the connection. Not waited for: nobody may answer.
  connection.end().catch(() => undefined);
}
