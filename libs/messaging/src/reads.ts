import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { createDataSource, inTransaction, QueryFailed, queryOf, type Query } from '@fairlead/persistence';
import { CONNECTIONS, type Connections, SERVICE, type MessagingService } from './connections.js';

/** Lists and reports are read by people and by their tools, a few at a time. */
const POOL_SIZE = 3;
/** Ten times what the slowest list ever measured takes; whoever asks for more is told to ask for less. */
const STATEMENT_TIMEOUT_MS = 3_000;
/** What waits for a connection. Of statements at their limit nine come to their turn before the pool gives up waiting, after ten seconds. */
const MAX_WAITING = 20;

const CANCELLED = '57014';

/** What was asked for takes too long, or too much is being asked for: not an outage, and nothing that anybody has to mend. */
export class ReadRefused extends Error {
  override readonly name = 'ReadRefused';

  constructor(
    readonly why: 'too-slow' | 'too-many',
    options?: ErrorOptions,
  ) {
    super(`a list or report was refused: ${why}`, options);
  }
}

/**
 * Connections of their own for what may read much. Whatever somebody asks for, and however often, it takes none of those that events,
 * answers and clocks are handled by.
 */
@Injectable()
export class Reads implements OnApplicationShutdown {
  readonly #pool: ReturnType<typeof createDataSource>;
  readonly #query: Query;
  /** Opened for whoever asks first: most processes of a service are never asked. */
  #opening: Promise<unknown> | undefined;
  #under = 0;

  constructor(@Inject(SERVICE) service: MessagingService, @Inject(CONNECTIONS) { databaseUrl }: Connections) {
    this.#pool = createDataSource({
      url: databaseUrl,
      schema: service.schema,
      poolSize: POOL_SIZE,
      applicationName: `fairlead-${service.name}-reads`,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    });
    this.#query = queryOf(this.#pool);
  }

  /** @throws ReadRefused */
  readonly query: Query = (sql, parameters) => this.#allowed(() => this.#query(sql, parameters));

  /**
   * Several statements that see the same moment.
   * @throws ReadRefused
   */
  async snapshot<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#allowed(() =>
      inTransaction(this.#pool, async (query) => {
        await query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
        // To compile a statement takes longer than to run it over what a report reads.
        await query('SET LOCAL jit = off');
        return work(query);
      }),
    );
  }

  async #allowed<T>(read: () => Promise<T>): Promise<T> {
    if (this.#under >= POOL_SIZE + MAX_WAITING) throw new ReadRefused('too-many');
    this.#under += 1;
    try {
      await this.#open();
      return await read();
    } catch (error) {
      if (error instanceof QueryFailed && error.code === CANCELLED) throw new ReadRefused('too-slow', { cause: error });
      throw error;
    } finally {
      this.#under -= 1;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    if (this.#pool.isInitialized) await this.#pool.destroy();
  }

  async #open(): Promise<void> {
    // After a failure the next one tries again.
    this.#opening ??= this.#pool.initialize().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    await this.#opening;
  }
}
