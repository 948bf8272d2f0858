// The reports that trust figures come from, over a vendor's year, and what it costs to keep their counts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scorecard, timesReport } from '@fairlead/decisions';
import type { ReadModelsLoad } from '@fairlead/outcome-tracking/measured';
import { createDataSource, inTransaction, migrate, type Query, queryOf, RowCopy } from '@fairlead/persistence';
import { startPostgres } from '../../../../infra/local/postgres.mjs';
import { eventsOf, leadIds, NOW, YEAR } from './vendors-year.js';

type Measured = typeof import('@fairlead/outcome-tracking/measured');

export interface TrustBenchResult {
  readonly leads: number;
  readonly events: number;
  /** Rows of the tables that figures are counted in. */
  readonly rows: { readonly cohorts: number; readonly times: number };
  readonly reports: readonly { readonly what: string; readonly ms: number; readonly slowestMs: number }[];
  /** What the first report would take from the offers themselves. */
  readonly referenceMs: number;
  /** Milliseconds for each event, in batches of a hundred, on disk. */
  readonly update: { readonly counted: number; readonly alone: number; readonly events: number };
}

const DAY = 86_400_000;
const BATCH = 100;
const ROUNDS = 5;
/** Leads that come when the year is over, to see what each of their events costs. */
const FURTHER = 2_000;

export async function benchTrust(
  { leads, data }: { readonly leads: number; readonly data?: string },
  onProgress: (text: string) => void,
): Promise<TrustBenchResult> {
  const measured = await import('@fairlead/outcome-tracking/measured');
  const folder = data ?? mkdtempSync(join(tmpdir(), 'fairlead-bench-trust-'));
  const postgres = await startPostgres({ dir: join(folder, 'postgres'), durable: true, databases: ['fairlead'] });
  const database = createDataSource({
    ...{ url: postgres.urls['fairlead'] ?? '', schema: 'outcome_tracking', poolSize: 4 },
    ...{ applicationName: 'fairlead-bench', statementTimeoutMs: 600_000 },
  });
  try {
    await database.initialize();
    const query = queryOf(database);
    await migrate(database, [measured.readModelMigrations]);
    const events = (await eventsIn(query)) ?? (await fill(query));
    const there = await leadsIn(query);
    const [rows] = await query<TrustBenchResult['rows']>(
      'SELECT ((SELECT count(*) FROM cohort_counts) + (SELECT count(*) FROM kind_counts) + (SELECT count(*) FROM returned_counts))::float8 AS cohorts, ((SELECT count(*) FROM timed_counts) + (SELECT count(*) FROM timed_months) + (SELECT count(*) FROM timed_days))::float8 AS times',
    );
    onProgress('reports');
    const reports = [];
    for (const { what, ask } of reportsOf(measured)) {
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) times.push(await timed(() => snapshot(ask)));
      times.sort((one, other) => one - other);
      reports.push({ what, ms: times[Math.floor(ROUNDS / 2)] as number, slowestMs: times.at(-1) as number });
    }
    const referenceMs = await timed(() => query(FROM_OFFERS));
    onProgress('updates');
    const update = await measureUpdates();
    return { leads: there, events, rows: rows ?? { cohorts: 0, times: 0 }, reports, referenceMs, update };
  } finally {
    if (database.isInitialized) await database.destroy();
    await postgres.stop();
    if (data === undefined) rmSync(folder, { recursive: true, force: true });
  }

  /** What an earlier run left in the folder. */
  async function eventsIn(query: Query): Promise<number | undefined> {
    const [kept] = await query<{ events: number }>('SELECT sum(events)::float8 AS events FROM folded');
    return kept && kept.events > 0 ? kept.events : undefined;
  }

  async function fill(query: Query): Promise<number> {
    const indexes = await measured.dropSecondaryIndexes(query);
    const load = new measured.ReadModelsLoad(folder);
    const copyInto = (table: string, columns: readonly string[]) => RowCopy.into(database, table, columns);
    await load.writeInto(copyInto);
    const events = await loadYear(load, leads, onProgress);
    onProgress('writing them');
    await load.end(query, copyInto);
    await load.close();
    for (const index of indexes) await query(index);
    await query('VACUUM ANALYZE');
    return events;
  }

  function snapshot(ask: (query: Query) => Promise<unknown>): Promise<unknown> {
    return inTransaction(database, async (query) => {
      await query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      await query('SET LOCAL jit = off');
      return ask(query);
    });
  }

  async function measureUpdates(): Promise<TrustBenchResult['update']> {
    const each = async (first: number, counting: boolean): Promise<{ ms: number; events: number }> => {
      const events = [...eventsOf(FURTHER, { first, begin: YEAR.begin + (YEAR.days - 2) * DAY, days: 2 })];
      const began = performance.now();
      for (let at = 0; at < events.length; at += BATCH)
        await inTransaction(database, async (query) => {
          const writes: [string, readonly unknown[]][] = [];
          const write = (sql: string, parameters: readonly unknown[]): void => void writes.push([sql, parameters]);
          await measured.followBatch({ query, write }, events.slice(at, at + BATCH), { counting });
          for (const [sql, parameters] of writes) await query(sql, parameters);
        });
      return { ms: (performance.now() - began) / events.length, events: events.length };
    };
    const query = queryOf(database);
    const first = await leadsIn(query);
    await each(first, true);
    const counted = await each(first + FURTHER, true);
    const alone = await each(first + 2 * FURTHER, false);
    // What was not counted may not stay where somebody counts.
    const last = [[...leadIds(first + 2 * FURTHER, FURTHER)]];
    await query('DELETE FROM leads WHERE lead_id = ANY($1::uuid[])', last);
    await query('DELETE FROM offers WHERE lead_id = ANY($1::uuid[])', last);
    return { counted: counted.ms, alone: alone.ms, events: counted.events };
  }
}

async function leadsIn(query: Query): Promise<number> {
  const [known] = await query<{ leads: number }>('SELECT count(*)::float8 AS leads FROM leads');
  return known?.leads ?? 0;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function loadYear(load: ReadModelsLoad, leads: number, onProgress: (text: string) => void): Promise<number> {
  let events = 0;
  for (const event of eventsOf(leads)) {
    const busy = load.read(event);
    if (busy) await busy;
    if ((events += 1) % 1_000_000 === 0) onProgress(`${events.toLocaleString('en')} events folded`);
  }
  return events;
}

/** What is asked most, and what is worst: days at both ends, many kinds, what is not counted beforehand, a moment that is long past. */
function reportsOf(measured: Measured): { readonly what: string; readonly ask: (query: Query) => Promise<unknown> }[] {
  const trust = (asked: Readonly<Record<string, string>>) => async (query: Query) => {
    const read = measured.readTrustQuery(asked, NOW);
    if (!('query' in read)) throw new RangeError(JSON.stringify(read.complaints));
    const counts = await new measured.TrustCountsStore().read(query, read.query);
    return JSON.stringify(measured.trustAnswer(read.query, counts, [], null));
  };
  const times =
    (what: 'accept' | 'contact' | 'close', asked: { pool?: string; from?: string; to?: string; asOf?: number } = {}) =>
    async (query: Query) => {
      const of = { pool: null, from: null, to: null, asOf: NOW, ...asked, what };
      return JSON.stringify(timesReport(await new measured.TimesStore().read(query, of)));
    };
  const ofPartner = (partner: string, period: { from: string; to: string }) => async (query: Query) => {
    const whole = { pool: null, source: null, campaign: null, mix: 'grade', age: null, silence: 14, partner: null };
    const asked = { ...whole, ...period, asOf: NOW };
    const counted = await new measured.TrustCountsStore().counted(query, asked);
    const returns = await new measured.ReturnsStore().of(query, { ...period, pool: null, party: partner });
    return JSON.stringify(scorecard(partner, counted, [], returns, 'whole'));
  };
  const year = { from: '2025-01-01', to: '2025-12-31' };
  const halfYear = { from: '2025-03-16', to: '2025-09-15' };
  return [
    { what: 'a year, by grade', ask: trust(year) },
    { what: 'all that ever happened', ask: trust({}) },
    { what: 'of one pool, mid-month to mid-month', ask: trust({ ...halfYear, pool: 'pool-1' }) },
    { what: 'of all pools, mid-month to mid-month', ask: trust(halfYear) },
    { what: 'like for like by size', ask: trust({ ...year, mix: 'attributes.size' }) },
    { what: 'the same, mid-month to mid-month', ask: trust({ ...halfYear, mix: 'attributes.size' }) },
    { what: 'like for like by visits, 31 kinds', ask: trust({ ...year, mix: 'attributes.visits' }) },
    { what: 'of one source', ask: trust({ ...year, source: 'source-0' }) },
    { what: 'the same, mid-month to mid-month', ask: trust({ ...halfYear, source: 'source-0' }) },
    { what: 'of one campaign', ask: trust({ ...year, campaign: 'campaign-60' }) },
    { what: 'of one source by size', ask: trust({ ...year, source: 'source-0', mix: 'attributes.size' }) },
    {
      what: 'the same, mid-month to mid-month',
      ask: trust({ ...halfYear, source: 'source-0', mix: 'attributes.size' }),
    },
    { what: 'of one campaign by size', ask: trust({ ...year, campaign: 'campaign-60', mix: 'attributes.size' }) },
    { what: 'of one source and campaign', ask: trust({ ...year, source: 'source-0', campaign: 'campaign-60' }) },
    { what: 'that have had 90 days', ask: trust({ ...year, age: '90' }) },
    { what: 'without a word for 60 days', ask: trust({ ...year, silence: '60' }) },
    { what: 'time to accept', ask: times('accept') },
    { what: 'time to first contact', ask: times('contact') },
    { what: 'time to close', ask: times('close') },
    { what: 'time to close, mid-month to mid-month', ask: times('close', halfYear) },
    { what: 'time to close, as of three months ago', ask: times('close', { asOf: NOW - 90 * DAY }) },
    { what: 'scorecard of a quarter', ask: ofPartner('partner-1', { from: '2025-07-01', to: '2025-09-30' }) },
    { what: 'scorecard of a year', ask: ofPartner('partner-1', year) },
    { what: 'the same, of direct', ask: ofPartner('direct', year) },
  ];
}

/** The plain figures of the first report, and no more. */
const FROM_OFFERS = `SELECT party, coalesce(grade, 'incomplete'), kind, policy, pool, count(*), count(accepted_at), count(*) FILTER (WHERE stage = 'won'),
    count(*) FILTER (WHERE stage = 'won' OR qualified_at IS NOT NULL), count(*) FILTER (WHERE stage = 'lost'),
    count(*) FILTER (WHERE stage = 'declined')
  FROM offers WHERE offered_at >= '2025-01-01Z' AND offered_at < '2026-01-01Z' GROUP BY 1, 2, 3, 4, 5`;
