import type { FairleadEvent } from '@fairlead/events';
import { crashPoint, type UnitOfWork } from '@fairlead/messaging';
import {
  createDataSource,
  inTransaction,
  migrate,
  type Query,
  queryOf,
  RowCopy,
  withSession,
} from '@fairlead/persistence';
import { setTimeout as pause } from 'node:timers/promises';
import { followLeads, isLeadEvent, type LeadEvent } from '../fold-event.js';
import { CountsStore } from '../store/counts.store.js';
import { LeadsStore } from '../store/leads.store.js';
import { PositionStore } from '../store/position.store.js';
import { type CopyInto, ReadModelsLoad } from './load-read-models.js';
import { dropSecondaryIndexes } from './secondary-indexes.js';

/** The log that read models are rebuilt from. */
export interface LogToRebuildFrom {
  /**
   * Reads it from its beginning, to where it ends now.
   * @param read  takes one event after the other; whatever it answers is to be waited for
   */
  all(read: (event: FairleadEvent) => Promise<unknown> | undefined): Promise<void>;
  /** What has come since, in order. */
  more(): Promise<readonly FairleadEvent[]>;
}

export interface Rebuilt {
  readonly leads: number;
  /** How long nobody could read or write the read models, in milliseconds. */
  readonly heldMs: number;
}

/** Why read models cannot be rebuilt now, and what to do about it. */
export class CannotRebuild extends Error {
  override readonly name = 'CannotRebuild';
}

const LIVE = 'outcome_tracking';
/** Beside it. What a killed rebuild left there is removed by the next. */
const NEXT = 'outcome_tracking_next';
const CONSUMER = 'outcome-tracking';
/** The order in which the service itself takes them. */
const TABLES = [
  ...['leads', 'offers', 'cohort_counts', 'kind_counts', 'timed_counts', 'timed_months', 'timed_days'],
  ...['returned_counts', 'folded', 'promises'],
];

/** The load copies a table in one statement. */
const STATEMENT_TIMEOUT_MS = 3_600_000;
/** Between looks at how far both are: the log is a second behind at most. */
const ROUND_MS = 300;
/** Whoever reads for longer than that is let finish, and the swap tried again. */
const LOCK_TIMEOUT_MS = 2_000;
/** How long the service is held up at most, waiting for the log: that is a second behind, or something is wrong with it. */
const HOLD_MS = 4_000;
const POLL_MS = 50;
/** Leads that differ are looked at and followed so many at a time. */
const MAX_BEHIND = 2_000;
/** A service that lags further behind the log than this will not catch up while we wait. */
const SWAP_WITHIN_MS = 600_000;

/**
 * Rebuilds the read models from the log, beside those that the service goes on working with, and swaps them in one transaction.
 * Up to it nothing of the service's is touched: a rebuild that is killed harms nothing.
 *
 * Both are folds of the same events of each lead, and count them. The new ones follow lead by lead, never further than the
 * service has come; when no lead differs, they take the place of the old ones, and the service goes on with them where it was.
 * @param folder  for what does not fit into memory
 * @throws CannotRebuild
 */
export async function rebuildReadModels(
  databaseUrl: string,
  folder: string,
  log: LogToRebuildFrom,
  onStage: (what: string) => void,
): Promise<Rebuilt> {
  const open = (schema: string) =>
    createDataSource({
      ...{ url: databaseUrl, schema, poolSize: 5, applicationName: 'fairlead-rebuild' },
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    }).initialize();
  const live = await open(LIVE);
  try {
    return await withSession(live, async (session) => {
      if (!(await session.tryLock('fairlead rebuild'))) throw new CannotRebuild('Another rebuild is under way.');
      await refuseParked(session.query);
      await session.query('DROP SCHEMA IF EXISTS outcome_tracking_next CASCADE');
      const next = await open(NEXT);
      const load = new ReadModelsLoad(folder);
      try {
        await migrate(next, [new URL('../../migrations/', import.meta.url)]);
        const query = queryOf(next);
        const copyInto: CopyInto = (table, columns) => RowCopy.into(next, table, columns);
        const indexes = await dropSecondaryIndexes(query);
        onStage('reading the log');
        await load.writeInto(copyInto);
        await log.all((event) => load.read(event));
        onStage('writing what it comes to');
        await load.end(query, copyInto);
        for (const index of indexes) await query(index);
      } finally {
        await load.close();
        await next.destroy();
      }
      crashPoint('rebuild.loaded');
      onStage('following until both have come as far');
      const swap = new Swap(
        (work) => inTransaction(live, work),
        () => log.more(),
      );
      const deadline = Date.now() + SWAP_WITHIN_MS;
      for (;;) {
        swap.take(await log.more());
        session.check();
        const swapped = await swap.attempt();
        if (swapped) return swapped;
        if (Date.now() > deadline) throw new CannotRebuild(swap.why);
        await pause(ROUND_MS);
      }
    });
  } finally {
    await live.destroy();
  }
}

async function refuseParked(query: Query): Promise<void> {
  const [row] = await query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM parked WHERE consumer = $1 AND redriven_at IS NULL',
    [CONSUMER],
  );
  // They would be in what is rebuilt, and come again when they are redriven.
  if (row && row.count > 0)
    throw new CannotRebuild(
      `${row.count} events are parked in ${CONSUMER}: redrive them first (fairlead parked redrive --all --reason TEXT).`,
    );
}

/** A lead of which one has folded more events than the other. */
interface Apart {
  readonly id: string;
  readonly live: number;
  readonly next: number;
}

class NotYet extends Error {}

/** Brings the new read models up to the old ones, and puts them in their place. */
class Swap {
  /** Why not yet. */
  why = '';
  private readonly leads = new LeadsStore();
  private readonly counts = new CountsStore();
  private readonly position = new PositionStore();
  /** Of each lead what has come since the load, in order. `base`: how many of its events the load had. */
  private readonly come = new Map<string, { base?: number; readonly events: LeadEvent[] }>();

  constructor(
    private readonly inTransaction: <T>(work: (query: Query) => Promise<T>) => Promise<T>,
    private readonly more: () => Promise<readonly FairleadEvent[]>,
  ) {}

  take(events: readonly FairleadEvent[]): void {
    for (const event of events) {
      if (!isLeadEvent(event)) continue;
      const come = this.come.get(event.subject);
      if (come) come.events.push(event);
      else this.come.set(event.subject, { events: [event] });
    }
  }

  async attempt(): Promise<Rebuilt | undefined> {
    // Most of it while the service goes on.
    for (;;) {
      const apart = await this.inTransaction((query) => this.apart(query));
      const behind = apart.filter(({ id, live, next }) => live > next && this.hasCome(id, next));
      if (behind.length === 0) {
        this.why = told(apart);
        // Those that are apart now will be no fewer when nobody may write.
        if (apart.length > MAX_BEHIND / 2) return undefined;
        break;
      }
      const followed = await this.inTransaction((query) => this.follow(query, behind));
      if (followed === 0) return undefined;
    }
    const began = performance.now();
    try {
      return await this.inTransaction(async (query) => {
        await query(`SELECT set_config('lock_timeout', $1, true)`, [`${LOCK_TIMEOUT_MS}ms`]);
        await query(
          'LOCK TABLE leads, offers, cohort_counts, kind_counts, timed_counts, timed_months, timed_days, returned_counts, folded, promises IN ACCESS EXCLUSIVE MODE',
        );
        await this.catchUp(query);
        const leads = await this.replace(query);
        crashPoint('rebuild.swapping');
        return { leads, heldMs: performance.now() - began };
      });
    } catch (error) {
      const isLocked = (error as { code?: string }).code === '55P03';
      if (!isLocked && !(error instanceof NotYet)) throw error;
      this.why = isLocked ? 'Somebody reads or writes the read models without a pause.' : (error as Error).message;
      return undefined;
    }
  }

  /** To the last event. What the service has read a moment ago comes into the log a moment later. */
  private async catchUp(query: Query): Promise<void> {
    const deadline = Date.now() + HOLD_MS;
    for (;;) {
      const apart = await this.apart(query);
      if (apart.length === 0) return;
      if (Date.now() > deadline || apart.some(({ live, next }) => next > live)) throw new NotYet(told(apart));
      if ((await this.follow(query, apart)) > 0) continue;
      await pause(POLL_MS);
      this.take(await this.more());
    }
  }

  /** Of a lead from before events were counted nobody knows how far it is: it is taken to be as far. */
  private async apart(query: Query): Promise<Apart[]> {
    return query<Apart>(
      `SELECT lead_id AS id, coalesce(live.events, CASE WHEN live.lead_id IS NULL THEN 0 ELSE next.events END, 1) AS live,
         coalesce(next.events, 0) AS next
       FROM outcome_tracking.leads AS live FULL JOIN outcome_tracking_next.leads AS next USING (lead_id)
       WHERE coalesce(live.events, CASE WHEN live.lead_id IS NULL THEN 0 ELSE next.events END, 1) <> coalesce(next.events, 0)
       LIMIT $1`,
      [MAX_BEHIND],
    );
  }

  /** Folds, by the service's own means, what has come of these leads, as far as the service has. @returns how many events */
  private async follow(query: Query, apart: readonly Apart[]): Promise<number> {
    const events = apart.flatMap(({ id, live, next }) => {
      const come = this.come.get(id);
      if (!come) return [];
      // Nothing that has come was folded before this, or `next` would be more.
      come.base ??= next;
      return come.events.slice(next - come.base, Math.max(next, live) - come.base);
    });
    if (events.length === 0) return 0;
    await query('SET LOCAL search_path TO outcome_tracking_next');
    const known = await this.leads.lock({ query }, [...new Set(events.map(({ subject }) => subject))]);
    const changes = followLeads(events, known);
    const writes: Parameters<UnitOfWork['write']>[] = [];
    const write: UnitOfWork['write'] = (...each) => void writes.push(each);
    this.leads.save({ write }, changes);
    await this.counts.count({ query, write }, changes);
    this.position.advance({ write }, events);
    for (const [sql, parameters] of writes) await query(sql, parameters);
    await query('SET LOCAL search_path TO outcome_tracking');
    return events.length;
  }

  private hasCome(id: string, next: number): boolean {
    const come = this.come.get(id);
    return come !== undefined && come.events.length > next - (come.base ?? next);
  }

  private async replace(query: Query): Promise<number> {
    // What the service said and has not read back is in no log yet.
    await query(
      `UPDATE outcome_tracking_next.leads AS next SET pending = live.pending
       FROM outcome_tracking.leads AS live WHERE live.lead_id = next.lead_id AND live.pending <> '[]'`,
    );
    await query(
      'INSERT INTO outcome_tracking_next.promises SELECT * FROM outcome_tracking.promises ON CONFLICT DO NOTHING',
    );
    for (const table of TABLES) {
      // eslint-disable-next-line fairlead/no-interpolated-sql -- a name cannot be a parameter; it is one of those above
      await query(`DROP TABLE outcome_tracking.${table}`);
      // eslint-disable-next-line fairlead/no-interpolated-sql -- as above
      await query(`ALTER TABLE outcome_tracking_next.${table} SET SCHEMA outcome_tracking`);
    }
    await query('DROP SCHEMA outcome_tracking_next CASCADE');
    const [row] = await query<{ count: number }>('SELECT count(*)::float8 AS count FROM outcome_tracking.leads');
    return row?.count ?? 0;
  }
}

function told(apart: readonly Apart[]): string {
  const ahead = apart.filter(({ live, next }) => next > live).length;
  return ahead > 0
    ? `The service has not yet read all that is in the log: ${ahead} leads or more. Is outcome-tracking running?`
    : `The log has not yet all that the service has read: ${apart.length} leads or more. Is audit running?`;
}
