import type { DataSource } from 'typeorm';
import { withoutValues } from './query-failed.js';
import type { Query } from './query.js';
import { queryOn } from './transaction.js';

/** One connection held for long, for what belongs to a connection: advisory locks and notifications. */
export interface Session {
  readonly query: Query;
  /** Takes the lock named `name` of this database, if nobody has it. It is held until the session ends, however it ends. */
  tryLock(name: string): Promise<boolean>;
  listen(channel: string, onNotification: () => void): Promise<void>;
  /** @throws when the connection has broken: with it went the locks */
  check(): void;
}

interface PostgresConnection {
  on(event: string, listener: (detail: Error) => void): this;
  off(event: string, listener: (detail: Error) => void): this;
}

/** Runs `work` on a connection of its own; what it locked, set or listened to ends with it. */
export async function withSession<T>(dataSource: DataSource, work: (session: Session) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  let broken: Error | undefined;
  const connection = (await runner.connect()) as PostgresConnection;
  let notified = (): void => undefined;
  const onError = (error: Error): void => void (broken = error);
  const onEnd = (): void => void (broken ??= new Error('Connection ended'));
  const onNotified = (): void => notified();
  connection.on('error', onError).on('end', onEnd).on('notification', onNotified);
  const query = queryOn(runner);
  try {
    return await work({
      query,
      tryLock: async (name) => {
        const [row] = await query<{ locked: boolean }>(
          'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
          [name],
        );
        return row?.locked === true;
      },
      listen: async (channel, onNotification) => {
        if (!/^[a-z_0-9]+$/.test(channel)) throw new RangeError(`not a channel name: ${channel}`);
        notified = onNotification;
        // eslint-disable-next-line fairlead/no-interpolated-sql -- a name cannot be a parameter; it was checked just now
        await query(`LISTEN ${channel}`);
      },
      check: () => {
        if (broken) throw broken;
      },
    });
  } catch (error) {
    throw withoutValues(error);
  } finally {
    connection.off('error', onError).off('end', onEnd).off('notification', onNotified);
    // On a broken connection this fails, and the pool throws the connection away.
    await query('UNLISTEN *').catch(() => undefined);
    await query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await query('RESET ALL').catch(() => undefined);
    await runner.release().catch(() => undefined);
  }
}
