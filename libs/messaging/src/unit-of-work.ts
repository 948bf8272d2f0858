import { Injectable } from '@nestjs/common';
import type { EncodedEvent } from '@fairlead/events';
import { inTransaction, queryOf, type Query } from '@fairlead/persistence';
import { DataSource } from 'typeorm';
import { crashPoint } from './crash-point.js';
import { addToOutbox } from './outbox.js';
import { Relay } from './relay.js';

/** One transaction and what it says: the rows written and the events said commit together, or not at all. */
export interface UnitOfWork {
  /** When the unit began, in milliseconds since the epoch: the one clock reading of everything decided in it. */
  readonly now: number;
  readonly query: Query;
  /** Adds events to the outbox, in this order. They are published right after the commit. */
  say(events: readonly EncodedEvent[]): void;
  /** Called after the commit, in memory and at most once: for waking something up, never for work that must happen. */
  afterCommit(work: () => void): void;
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

  async run<T>(work: (unit: UnitOfWork) => Promise<T>, now = Date.now()): Promise<T> {
    const said: EncodedEvent[] = [];
    const afterwards: (() => void)[] = [];
    const result = await inTransaction(this.dataSource, async (query) => {
      const value = await work({
        now,
        query,
        say: (events) => void said.push(...events),
        afterCommit: (each) => void afterwards.push(each),
      });
      if (said.length > 0) await addToOutbox(query, said, this.relay.channelToNotify);
      crashPoint('unit.committing');
      return value;
    });
    crashPoint('unit.committed');
    if (said.length > 0) this.relay.wake();
    for (const each of afterwards) each();
    return result;
  }
}
