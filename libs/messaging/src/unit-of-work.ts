import { Injectable } from '@nestjs/common';
import type { EncodedEvent } from '@fairlead/events';
import { inTransaction, queryOf, type Query } from '@fairlead/persistence';
import { DataSource } from 'typeorm';
import { crashPoint } from './crash-point.js';
import { intoOutbox } from './outbox.js';
import { asFewStatements, tableOf, type Write } from './put-off-writes.js';
import { Relay } from './relay.js';

/** One transaction and what it says: the rows written and the events said commit together, or not at all. */
export interface UnitOfWork {
  /** When the unit began, in milliseconds since the epoch: the one clock reading of everything decided in it. */
  readonly now: number;
  readonly query: Query;
  /** Adds events to the outbox, in this order. They are published right after the commit. */
  say(events: readonly EncodedEvent[]): void;
  /**
   * Changes rows, but only at the end, in one statement with whatever else was put off and with the outbox. For what this
   * call of a handler, or this request, reads no more: until then the rows are as they were, and what was put off is dropped
   * when it throws. All parts of the one statement see the rows as they were before any of them, and are done in no
   * particular order; a second write to a table makes a second statement, which sees the first. Errors come at the end, and
   * undo the unit as they would have here.
   * @param sql  INSERT, UPDATE or DELETE, with a few arrays as parameters, however many rows it is about. What RETURNING
   *   gives nobody sees; a WITH that writes PostgreSQL would refuse
   * @throws RangeError when it is anything else
   */
  write(sql: string, parameters: readonly unknown[]): void;
  /** Called after the commit, in memory and at most once: for waking something up, never for work that must happen. */
  afterCommit(work: () => void): void;
}

/** As whoever opened it holds it. */
export interface OpenUnit extends UnitOfWork {
  /** Writes what was put off, so that whatever comes next in the unit reads it. */
  writeNow(): Promise<void>;
}

/** Opens units of work: for HTTP handlers and timers; the transport opens them for event handlers. */
@Injectable()
export class UnitsOfWork {
  /** Statements outside any transaction: for reading what a request asks for. */
  readonly query: Query;

  constructor(
    private readonly dataSource: DataSource,
    private readonly relay: Relay,
  ) {
    this.query = queryOf(dataSource);
  }

  async run<T>(work: (unit: OpenUnit) => Promise<T>, now = Date.now()): Promise<T> {
    const said: EncodedEvent[] = [];
    let writes: Write[] = [];
    const afterwards: (() => void)[] = [];
    const result = await inTransaction(this.dataSource, async (query, finishWith) => {
      const writeNow = async () => {
        const statements = asFewStatements(writes);
        writes = [];
        for (const { sql, parameters } of statements) await query(sql, parameters);
      };
      const value = await work({
        now,
        query,
        say: (events) => void said.push(...events),
        write: (sql, parameters) => {
          // Here and not at the end, where nobody could see whose it was.
          tableOf(sql);
          writes.push({ sql, parameters });
        },
        afterCommit: (each) => void afterwards.push(each),
        writeNow,
      });
      if (said.length > 0) writes.push(intoOutbox(said));
      // A relay in another process is told, with the commit; one in this process is woken after it.
      const channel = said.length > 0 ? this.relay.channelToNotify : undefined;
      const notification =
        channel === undefined ? undefined : { sql: `SELECT pg_notify($1, '')`, parameters: [channel] };
      const statements = asFewStatements(writes, notification);
      for (const { sql, parameters } of statements.slice(0, -1)) await query(sql, parameters);
      const last = statements.at(-1);
      if (last) finishWith(last.sql, last.parameters);
      crashPoint('unit.committing');
      return value;
    });
    crashPoint('unit.committed');
    if (said.length > 0) this.relay.wake();
    for (const each of afterwards) each();
    return result;
  }
}
