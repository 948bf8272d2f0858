import { Client, type ClientConfig } from 'pg';
import { DataSource } from 'typeorm';

export interface DatabaseSettings {
  readonly url: string;
  /** Each service keeps to a schema of its own; it is the only one on the connection's search path. */
  readonly schema: string;
  readonly poolSize: number;
  /** Shown in pg_stat_activity, so that an operator sees whose connection holds a lock. */
  readonly applicationName: string;
  /** Longer than this no statement may take; 30 s when not given. */
  readonly statementTimeoutMs?: number;
  /** Told when an idle connection breaks. The pool replaces it; without a listener the process would end. */
  readonly onIdleConnectionError?: (error: Error) => void;
}

/** A statement that runs longer than this is a bug or a lost lock; 30 s is far above the slowest batch ever measured (under 1 s). */
const STATEMENT_TIMEOUT_MS = 30_000;
/** A transaction left open blocks vacuum and other writers; no handler of ours waits on anything outside the database inside one. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
/** How much longer we wait for PostgreSQL's own verdict. Silence beyond it means that the host or the network is gone. */
const ANSWER_MARGIN_MS = 5_000;
/** When an idle peer is asked whether it still lives, on both sides. */
const KEEP_ALIVE_AFTER_MS = 10_000;
/**
 * Within 30 s PostgreSQL ends sessions whose client has vanished without a word, and gives up their locks: among them the
 * one that lets another process take over publishing.
 */
const SERVER_KEEP_ALIVE = [
  `tcp_keepalives_idle=${KEEP_ALIVE_AFTER_MS / 1_000}`,
  'tcp_keepalives_interval=5',
  'tcp_keepalives_count=4',
  'tcp_user_timeout=30000',
];
/** Long enough for a busy pool to hand out a connection, short enough that a dead server is noticed. */
const CONNECTION_TIMEOUT_MS = 10_000;

/** Describes the connections of one service; `initialize()` opens them. */
export function createDataSource(settings: DatabaseSettings): DataSource {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(settings.schema)) throw new RangeError(`not a schema name: ${settings.schema}`);
  const statementTimeoutMs = settings.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  return new DataSource({
    type: 'postgres',
    url: settings.url,
    schema: settings.schema,
    applicationName: settings.applicationName,
    poolSize: settings.poolSize,
    poolErrorHandler: (error: Error) => settings.onIdleConnectionError?.(error),
    connectTimeoutMS: CONNECTION_TIMEOUT_MS,
    logging: false,
    migrationsTableName: 'migrations',
    extra: {
      Client: HeardClient,
      options: [`search_path=${settings.schema}`, ...SERVER_KEEP_ALIVE].map((each) => `-c ${each}`).join(' '),
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + ANSWER_MARGIN_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    },
  });
}

/**
 * A connection always has somebody who hears it break. Between the pool, which hands it out, and the query runner, which listens
 * a few microtasks later, nobody does: an error that comes in just there would end the process.
 */
class HeardClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    // Whoever has it learns of the break from the next statement, and the pool by its own listener.
    this.on('error', () => undefined);
  }
}
