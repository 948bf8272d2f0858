import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decodeEvent } from '@fairlead/events';
import {
  ages,
  cellsOf,
  cohortMeasures,
  cohortsOf,
  kindCellsOf,
  type Offer,
  talliesOf,
  timesOf,
} from '@fairlead/decisions/fold';
import { createDataSource, migrate, type Query, queryOf, RowCopy } from '@fairlead/persistence';
import { foldEvent, type LeadEvent } from '../src/fold-event.js';
import { type CopyInto, readModelMigrations, ReadModelsLoad, readModelsOf } from '../src/read-models/index.js';
import { columnsOf } from '../src/read-models/rows.js';
import { type TrackedLead, unseen } from '../src/store/leads.store.js';
import { TrustCountsStore } from '../src/store/trust-counts.store.js';
import { readTrustQuery } from '../src/trust/trust-query.js';
import { randomDeals, randomHistory } from './fixture/histories.js';

/** The migration that packed the counts: what was counted before it is told here in the words of that time. */
const PACKED = '1764900000000';
const LATER = 9999;

function countedOf(offer: Offer) {
  const cohorts = cohortsOf(offer);
  const { month, pool, party } = cohorts.where;
  const byAttribute = kindCellsOf(cohorts).flatMap(({ attribute, source, kind }) =>
    source === ''
      ? [{ dimension: `attributes.${attribute}`, value: kind, month, pool, party, grade: '', kind: '', policy: '' }]
      : [],
  );
  return { cells: [...cellsOf(cohorts), ...byAttribute], tallies: talliesOf(cohorts.changes) };
}

/** As the counts were: what happened within each age and not within the one before it, for all, by source, campaign and attribute. */
function formerCohorts(offers: readonly Offer[]): (string | number)[][] {
  const sums = new Map<string, { readonly row: (string | number)[]; readonly counts: number[] }>();
  const within = [...ages, LATER];
  for (const { cells, tallies } of offers.map(countedOf))
    for (const { dimension, value, pool, month, party, grade, kind, policy } of cells) {
      // Days were counted from the offers when they were asked for.
      if (dimension === 'day') continue;
      for (const [at, days] of within.entries()) {
        const row = [dimension, value, pool, month, party, grade, kind, policy, days];
        const sum = sums.get(row.join('\n')) ?? { row, counts: cohortMeasures.map(() => 0) };
        sums.set(row.join('\n'), sum);
        for (let measure = 0; measure < cohortMeasures.length; measure++) {
          const by = (age: number) => (age < 0 ? 0 : (tallies[age * cohortMeasures.length + measure] as number));
          sum.counts[measure] = (sum.counts[measure] as number) + by(at) - by(at - 1);
        }
      }
    }
  const some = [...sums.values()].filter(({ counts }) => counts.some((count) => count !== 0));
  return some.map(({ row, counts }) => [...row, ...counts]);
}

/** As times were: that an offer was made among them, after no time. */
function formerTimes(offers: readonly Offer[]): (string | number)[][] {
  const sums = new Map<string, (string | number)[]>();
  for (const { step, day, pool, party, hours } of offers.flatMap(timesOf)) {
    const row = [step, new Date(day * 86_400_000).toISOString().slice(0, 10), pool, party, hours];
    const sum = sums.get(row.join('\n'));
    sums.set(row.join('\n'), [...row, (sum ? (sum.at(-1) as number) : 0) + 1]);
  }
  return [...sums.values()];
}

describe('counts from before they were packed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-migrated-'));
  const schemas = { rebuilt: schemaName(), former: schemaName() };
  const databaseIn = (schema: string) =>
    createDataSource({
      ...{ url: process.env['TEST_DATABASE_URL'] ?? '', schema, poolSize: 3, applicationName: 'migration-test' },
    });
  const [rebuilt, former] = [databaseIn(schemas.rebuilt), databaseIn(schemas.former)];

  beforeAll(async () => {
    await migrate(await rebuilt.initialize(), [readModelMigrations]);
    for (const file of readdirSync(readModelMigrations))
      if (file.endsWith('.sql') && file < PACKED) copyFileSync(new URL(file, readModelMigrations), join(folder, file));
    await migrate(await former.initialize(), [pathToFileURL(`${folder}/`)]);
  });
  afterAll(async () => {
    for (const [database, schema] of [
      [rebuilt, schemas.rebuilt],
      [former, schemas.former],
    ] as const) {
      await queryOf(database)(`DROP SCHEMA ${schema} CASCADE`);
      await database.destroy();
    }
    rmSync(folder, { recursive: true });
  });

  it('are what a rebuild counts, once they are migrated', async () => {
    const events = [...randomHistory(300, 11), ...randomDeals(40, 12)].map(
      (each) => decodeEvent(each.bytes) as LeadEvent,
    );
    const copyInto: CopyInto = (table, columns) => RowCopy.into(rebuilt, table, columns);
    const load = new ReadModelsLoad(mkdtempSync(join(folder, 'load-')));
    for (const event of events) await load.read(event);
    await load.end(queryOf(rebuilt), copyInto);
    await load.close();

    const leads = new Map<string, TrackedLead>();
    for (const event of events)
      leads.set(event.subject, foldEvent(leads.get(event.subject) ?? unseen(event.subject, 0), event));
    const offers = [...leads.values()].flatMap(({ standing }) => standing.offers);
    await asItWas(queryOf(former), schemas.rebuilt, offers);

    expect(await migrate(former, [readModelMigrations])).toContainEqual(expect.stringContaining(PACKED));
    const cells = (query: Query) =>
      query(
        'SELECT dimension, value, month, pool, party, grade, kind, policy, in_7, in_30, in_90, ever FROM cohort_counts WHERE ever <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8',
      );
    expect(await cells(queryOf(former))).toEqual(await cells(queryOf(rebuilt)));
    const kinds = (query: Query) => query('SELECT * FROM kind_counts WHERE ever <> 0 ORDER BY 1, 2, 3, 4, 5, 6');
    expect(await kinds(queryOf(former))).toEqual(await kinds(queryOf(rebuilt)));
    const { counted } = await readModelsOf(queryOf(rebuilt));
    expect(counted).toMatch(/^[0-9a-f]{64}$/);
    expect((await readModelsOf(queryOf(former))).counted).toBe(counted);

    // What is counted from the offers themselves, too.
    for (const asked of [
      { source: 'web', campaign: 'spring' },
      { source: 'fair', mix: 'attributes.size', age: '30' },
    ]) {
      const read = readTrustQuery(asked, Date.now());
      if (!('query' in read)) throw new Error(JSON.stringify(read));
      const counts = (query: Query) => new TrustCountsStore().read(query, read.query);
      const [one, other] = [await counts(queryOf(former)), await counts(queryOf(rebuilt))];
      expect(one.counted.length).toBeGreaterThan(0);
      expect(inAnyOrder(one)).toEqual(inAnyOrder(other));
    }
  });

  /** The leads and offers of the rebuild, and the counts of them that were kept then. */
  async function asItWas(query: Query, from: string, offers: readonly Offer[]): Promise<void> {
    const columns = {
      leads: columnsOf.leads.filter((column) => column !== 'absorbed_into').join(', '),
      offers: columnsOf.offers.join(', '),
    };
    for (const table of ['leads', 'offers'] as const)
      await query(`INSERT INTO ${table} (${columns[table]}) SELECT ${columns[table]} FROM ${from}.${table}`);
    const into = async (table: string, rows: readonly (string | number)[][]) => {
      const copy = await RowCopy.into(former, table, await columnsIn(query, table));
      for (const row of rows) await copy.write(row);
      await copy.end();
    };
    await into('cohort_counts', formerCohorts(offers));
    await into('timed_counts', formerTimes(offers));
  }
});

async function columnsIn(query: Query, table: string): Promise<string[]> {
  const rows = await query<{ name: string }>(
    'SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum',
    [table],
  );
  return rows.map(({ name }) => name);
}

function inAnyOrder(counts: object): unknown {
  return Object.fromEntries(
    Object.entries(counts).map(([name, rows]) => [
      name,
      (rows as object[]).map((row) => JSON.stringify(row)).toSorted(),
    ]),
  );
}

function schemaName(): string {
  return `t_${randomBytes(6).toString('hex')}`;
}
