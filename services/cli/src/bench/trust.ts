// The reports that trust figures come from, over a vendor's year, and what it costs to keep their counts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timesReport } from '@fairlead/decisions';
import { derivedId } from '@fairlead/events';
import type { LeadEvent, ReadModelsLoad } from '@fairlead/outcome-tracking/measured';
import { createDataSource, inTransaction, migrate, type Query, queryOf, RowCopy } from '@fairlead/persistence';
import { startPostgres } from '../../../../infra/local/postgres.mjs';
import { randomFrom } from './routing-adversary.js';

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
const BEGIN = Date.UTC(2025, 0, 1);
const DAYS = 365;
const POOLS = ['enterprise', 'midmarket', 'smb'];
const PARTIES = ['direct', ...Array.from({ length: 20 }, (_, index) => `partner-${index}`)];
const SOURCES = ['ads', 'fair', 'partner-site', 'webinar', 'website'];
const INDUSTRIES = ['manufacturing', 'retail', 'logistics', 'healthcare', 'software', 'education', 'energy', 'media'];
const BATCH = 100;
const ROUNDS = 5;

export async function benchTrust(
  { leads }: { readonly leads: number },
  onProgress: (text: string) => void,
): Promise<TrustBenchResult> {
  const measured = await import('@fairlead/outcome-tracking/measured');
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-trust-'));
  const postgres = await startPostgres({ dir: join(folder, 'postgres'), durable: true, databases: ['fairlead'] });
  const database = createDataSource({
    ...{ url: postgres.urls['fairlead'] ?? '', schema: 'outcome_tracking', poolSize: 4 },
    ...{ applicationName: 'fairlead-bench', statementTimeoutMs: 600_000 },
  });
  try {
    await database.initialize();
    const query = queryOf(database);
    await migrate(database, [measured.readModelMigrations]);
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
    const [rows] = await query<TrustBenchResult['rows']>(
      'SELECT (SELECT count(*) FROM cohort_counts)::float8 AS cohorts, (SELECT count(*) FROM timed_counts)::float8 AS times',
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
    return { leads, events, rows: rows ?? { cohorts: 0, times: 0 }, reports, referenceMs, update };
  } finally {
    if (database.isInitialized) await database.destroy();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
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
      const events = [...yearOf(2_000, first, BEGIN + (DAYS - 2) * DAY, 2)];
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
    await each(leads, true);
    const counted = await each(leads + 10_000, true);
    const alone = await each(leads + 20_000, false);
    return { counted: counted.ms, alone: alone.ms, events: counted.events };
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function loadYear(load: ReadModelsLoad, leads: number, onProgress: (text: string) => void): Promise<number> {
  let events = 0;
  for (const event of yearOf(leads, 0, BEGIN, DAYS)) {
    const busy = load.read(event);
    if (busy) await busy;
    if ((events += 1) % 1_000_000 === 0) onProgress(`${events.toLocaleString('en')} events folded`);
  }
  return events;
}

/** What becomes of so many leads, one after the other: what the fold reads of it. Some are told together, as they come. */
function* yearOf(leads: number, first: number, begin: number, days: number): Generator<LeadEvent> {
  const random = randomFrom(first + 1);
  const any = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const together: LeadEvent[][] = [];
  for (let number = first; number < first + leads; number++) {
    const at = begin + Math.floor((((number - first) / leads) * days + random() * 0.01) * DAY);
    together.push([...lifeOf(derivedId('bench', 'lead', String(number)), at, random, any)]);
    if (together.length < 50) continue;
    // Of fifty leads by turns.
    for (let turn = 0; together.some((life) => turn < life.length); turn++)
      for (const life of together) {
        const event = life[turn];
        if (event) yield event;
      }
    together.length = 0;
  }
}

function* lifeOf(id: string, at: number, random: () => number, any: <T>(of: readonly T[]) => T): Generator<LeadEvent> {
  const event = (type: string, time: number, data: object): LeadEvent =>
    ({ id: derivedId(id, type), type: `lead.${type}`, subject: id, time: new Date(time).toISOString(), data }) as never;
  const attributes = {
    ...{ campaign: `campaign-${Math.floor(random() * 20)}`, size: any(['1-9', '10-49', '50-249', '250+']) },
    ...{ industry: any(INDUSTRIES), visits: Math.floor(random() * 30), newsletter: random() < 0.3 },
    region: `region-${Math.floor(random() * 16)}`,
  };
  yield event('received', at, {
    ...{ sourceId: any(SOURCES), facts: { country: 'DE', engagement: {}, attributes }, missing: [] },
    reachable: { email: true, phone: true },
  });
  const grade = any(['A', 'B', 'C', 'D'] as const);
  const party = random() < 0.4 ? 'direct' : any(PARTIES);
  const decided = { policy: { name: 'bench', version: 1, hash: '' }, pool: any(POOLS), now: at + 1_000 };
  yield event('routed', at + 1_000, {
    ...{
      to: party,
      grade,
      offer: 1,
      acceptBy: at + DAY,
      revealContact: 'on-accept',
      why: 'first',
      decided,
      refusedCounts: {},
    },
  });
  const said = (type: string, after: number, more: object = {}): LeadEvent =>
    event(type, at + after, { party, offer: 1, at: at + after, ...more });
  if (random() < 0.1) {
    yield said('declined', random() * 4 * 3_600_000, { reason: 'capacity' });
    return;
  }
  const accepted = random() * 4 * 3_600_000;
  yield said('accepted', accepted);
  if (random() < 0.2) return;
  const contacted = accepted + random() * random() * 6 * DAY;
  yield said('contacted', contacted);
  if (random() < 0.6) {
    yield said('lost', contacted + random() * 20 * DAY, { reason: 'no-budget' });
    return;
  }
  const qualified = contacted + random() * 20 * DAY;
  yield said('qualified', qualified);
  yield said(random() < 0.3 ? 'won' : 'lost', qualified + random() * 80 * DAY, {});
}

function reportsOf({
  readTrustQuery,
  TimesStore,
  trustAnswer,
  TrustCountsStore,
}: Measured): { readonly what: string; readonly ask: (query: Query) => Promise<unknown> }[] {
  const asOf = BEGIN + (DAYS + 1) * DAY;
  const trust = (asked: Readonly<Record<string, string>>) => async (query: Query) => {
    const read = readTrustQuery(asked, asOf);
    if (!('query' in read)) throw new RangeError(JSON.stringify(read.complaints));
    const counts = await new TrustCountsStore().read(query, read.query);
    return JSON.stringify(trustAnswer(read.query, counts, [], null));
  };
  const times = (what: 'accept' | 'contact' | 'close') => async (query: Query) =>
    JSON.stringify(timesReport(await new TimesStore().read(query, { pool: null, from: null, to: null, what, asOf })));
  const year = { from: '2025-01-01', to: '2025-12-31' };
  return [
    { what: 'a year, by grade', ask: trust(year) },
    {
      what: 'of one pool, from mid-month to mid-month',
      ask: trust({ pool: 'smb', from: '2025-03-16', to: '2025-08-15' }),
    },
    { what: 'like for like by size', ask: trust({ ...year, mix: 'attributes.size' }) },
    { what: 'like for like by visits, 30 kinds', ask: trust({ ...year, mix: 'attributes.visits' }) },
    { what: 'of one source', ask: trust({ ...year, source: 'ads' }) },
    { what: 'of one campaign', ask: trust({ ...year, campaign: 'campaign-7' }) },
    {
      what: 'of one source by size, a quarter',
      ask: trust({ source: 'ads', mix: 'attributes.size', from: '2025-04-01', to: '2025-06-30' }),
    },
    { what: 'that have had 90 days', ask: trust({ ...year, age: '90' }) },
    { what: 'time to accept', ask: times('accept') },
    { what: 'time to first contact', ask: times('contact') },
    { what: 'time to close', ask: times('close') },
  ];
}

/** The plain figures of the first report, and no more. */
const FROM_OFFERS = `SELECT party, coalesce(grade, 'incomplete'), kind, policy, pool, count(*), count(accepted_at), count(*) FILTER (WHERE stage = 'won'),
    count(*) FILTER (WHERE stage = 'won' OR qualified_at IS NOT NULL), count(*) FILTER (WHERE stage = 'lost'),
    count(*) FILTER (WHERE stage = 'declined')
  FROM offers WHERE offered_at >= '2025-01-01Z' AND offered_at < '2026-01-01Z' GROUP BY 1, 2, 3, 4, 5`;
