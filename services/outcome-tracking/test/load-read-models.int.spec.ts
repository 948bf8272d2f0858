import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UnitOfWork } from '@fairlead/messaging';
import { createDataSource, inTransaction, migrate, queryOf, RowCopy } from '@fairlead/persistence';
import { decodeEvent } from '@fairlead/events';
import { foldEvent, followLeads, type LeadEvent } from '../src/fold-event.js';
import { type CopyInto, readModelMigrations, ReadModelsLoad, readModelsOf } from '../src/read-models/index.js';
import { CountsStore } from '../src/store/counts.store.js';
import { type TimedLeads, timesReport, type TrustCounts } from '@fairlead/decisions';
import { LEGACY, type Offer, timesOf } from '@fairlead/decisions/fold';
import { LeadsStore, type TrackedLead, unseen } from '../src/store/leads.store.js';
import { countEvents, PositionStore } from '../src/store/position.store.js';
import { ReturnsStore } from '../src/store/returns.store.js';
import { type TimesAsked, TimesStore } from '../src/store/times.store.js';
import { TrustCountsStore } from '../src/store/trust-counts.store.js';
import { OffersCounted } from '../src/trust/offers-counted.js';
import { TrustFold } from '../src/trust/trust-fold.js';
import { readScorecardQuery, scorecardAnswer } from '../src/trust/scorecard-answer.js';
import { trustAnswer } from '../src/trust/trust-answer.js';
import { readTrustQuery } from '../src/trust/trust-query.js';
import { randomDeals, randomHistory } from './fixture/histories.js';

/** Offer by offer: each is followed for as many whole days as the youngest of its day has had. */
function timedOffers(offers: readonly Offer[], { pool, from, to, what, asOf }: TimesAsked): TimedLeads[] {
  const today = Math.floor(asOf / 86_400_000);
  return offers.flatMap((offer): TimedLeads[] => {
    const steps = new Map(timesOf(offer).map((cell) => [cell.step, cell] as const));
    const base = steps.get(what === 'accept' ? 'offer' : 'accept');
    if (!base || (pool === null ? base.pool === LEGACY : base.pool !== pool)) return [];
    const name = new Date(base.day * 86_400_000).toISOString().slice(0, 10);
    if (base.day >= today || (from !== null && name < from) || (to !== null && name > to)) return [];
    const followed = 24 * (today - 1 - base.day);
    if (base.hours > followed) return [];
    const hours = steps.get(what)?.hours ?? Infinity;
    return [
      hours <= followed
        ? { party: offer.party, time: hours, happened: 1, open: 0 }
        : { party: offer.party, time: followed, happened: 0, open: 1 },
    ];
  });
}

describe('read models that are loaded from a whole log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-load-'));
  const schema = () => `t_${randomBytes(6).toString('hex')}`;
  const databases = [schema(), schema(), schema()].map((each) =>
    createDataSource({
      ...{ url: process.env['TEST_DATABASE_URL'] ?? '', schema: each, poolSize: 3, applicationName: 'load-test' },
    }),
  );
  type Database = ReturnType<typeof createDataSource>;
  const [followed, atRest, atTheEnd] = databases as [Database, Database, Database];

  beforeAll(async () => {
    for (const each of databases) await migrate(await each.initialize(), [readModelMigrations]);
  });
  afterAll(async () => {
    for (const each of databases) {
      await queryOf(each)(`DROP SCHEMA ${(each.options as { schema: string }).schema} CASCADE`);
      await each.destroy();
    }
    rmSync(folder, { recursive: true });
  });

  it('are what the service makes of it event by event, whatever becomes of leads that seemed to be at rest', async () => {
    const said = [...randomHistory(400, 7), ...randomDeals(60, 8)];
    const events = said.map((each) => decodeEvent(each.bytes) as LeadEvent);
    const [leads, counts, position] = [new LeadsStore(), new CountsStore(), new PositionStore()];
    for (let at = 0; at < events.length; at += 50) {
      const batch = events.slice(at, at + 50);
      await inTransaction(followed, async (query) => {
        const known = await leads.lock({ query }, [...new Set(batch.map(({ subject }) => subject))]);
        const changes = followLeads(batch, known);
        const writes: Parameters<UnitOfWork['write']>[] = [];
        const write: UnitOfWork['write'] = (...each) => void writes.push(each);
        leads.save({ write }, changes);
        await counts.count({ query, write }, changes);
        position.advance({ write }, batch);
        for (const [sql, parameters] of writes) await query(sql, parameters);
      });
    }

    for (const [database, writesEarly] of [
      [atRest, true],
      [atTheEnd, false],
    ] as const) {
      const copyInto: CopyInto = (table, columns) => RowCopy.into(database, table, columns);
      const load = new ReadModelsLoad(mkdtempSync(join(folder, 'load-')));
      if (writesEarly) await load.writeInto(copyInto);
      for (const event of events) await load.read(event);
      await load.end(queryOf(database), copyInto);
      await load.close();
    }

    const inMemory = new Map<string, TrackedLead>();
    for (const event of events) {
      const id = event.subject;
      inMemory.set(id, foldEvent(inMemory.get(id) ?? unseen(id, 0), event));
    }
    const fold = new TrustFold(mkdtempSync(join(folder, 'fold-')));
    for (const event of events) fold.read(event);
    expect(fold.position).toEqual(countEvents(events));
    const day = (offset: number) => new Date(Date.now() - offset * 86_400_000).toISOString().slice(0, 10);
    const queries = [
      {},
      { pool: 'smb', source: 'web' },
      { campaign: 'spring', from: day(100), to: day(20) },
      { source: 'fair', campaign: 'autumn', mix: 'attributes.size', age: '60' },
      { source: 'fair', mix: 'attributes.campaign', from: day(133), to: day(12) },
      { source: 'web', mix: 'attributes.size', age: '30' },
      { mix: 'attributes.size', from: day(130) },
      { mix: 'attributes.spent', age: '30', silence: '7' },
      { source: 'web', mix: 'attributes.campaign', to: day(70), age: '7' },
      { age: '90', from: day(179), to: day(171) },
      { pool: 'legacy', from: day(170), to: day(3) },
      { pool: 'legacy', source: 'web', mix: 'attributes.size' },
    ];
    for (const asked of queries) {
      const read = readTrustQuery(asked, Date.now());
      if (!('query' in read)) throw new Error(JSON.stringify(read));
      const counted = new OffersCounted(read.query);
      for (const { standing } of inMemory.values()) for (const offer of standing.offers) counted.add(offer);
      const answer = (counts: TrustCounts) => JSON.stringify(trustAnswer(read.query, counts, [], null));
      const byHand = answer(counted.end());
      expect(byHand).toContain('"party-1"');
      expect({ ...fold.answer(read.query), asOf: '' }).toEqual({ ...JSON.parse(byHand), asOf: '' });
      for (const database of [followed, atRest])
        expect(answer(await new TrustCountsStore().read(queryOf(database), read.query))).toBe(byHand);
    }
    for (const [party, asked] of [
      ['party-1', { from: day(150), to: day(30) }],
      ['party-2', { from: day(170), to: day(1), pool: 'smb' }],
      ['party-0', { from: day(170), to: day(1), pool: 'legacy' }],
    ] as const) {
      const read = readScorecardQuery(party, asked, Date.now());
      if (!('query' in read)) throw new Error(JSON.stringify(read));
      const byHand = fold.scorecard(read.query, 'whole');
      expect(byHand.vendor.returns.honoured.successes).toBeGreaterThan(0);
      for (const database of [followed, atRest]) {
        const query = queryOf(database);
        const counted = await new TrustCountsStore().counted(query, read.query);
        const returns = await new ReturnsStore().of(query, read.query);
        const answer = scorecardAnswer(read.query, { counted, returns }, [], fold.position, 'whole');
        expect(JSON.stringify(answer)).toBe(JSON.stringify(byHand));
      }
    }
    fold.close();

    const all = [...inMemory.values()].flatMap(({ standing }) => standing.offers);
    const now = Date.now();
    const periods: TimesAsked[] = [
      { pool: null, from: null, to: null, what: 'contact', asOf: now },
      { pool: 'smb', from: day(130), to: day(20), what: 'close', asOf: now },
      { pool: null, from: day(171), to: null, what: 'accept', asOf: now - 60 * 86_400_000 },
      { pool: null, from: null, to: day(90), what: 'win', asOf: now - 85 * 86_400_000 },
      { pool: null, from: day(-1), to: null, what: 'qualify', asOf: now },
      { pool: 'legacy', from: day(160), to: null, what: 'close', asOf: now - 10 * 86_400_000 },
    ];
    for (const asked of periods)
      for (const database of [followed, atRest])
        expect(timesReport(await new TimesStore().read(queryOf(database), asked))).toEqual(
          timesReport(timedOffers(all, asked)),
        );
    expect(timesReport(timedOffers(all, periods[3] as TimesAsked)).channels.channel.happened).toBeGreaterThan(0);
    const positions = await Promise.all(databases.map((each) => position.read(queryOf(each))));
    expect(positions).toEqual(Array(3).fill(countEvents(events)));

    const expected = await readModelsOf(queryOf(followed));
    expect(expected.parts.reduce((sum, part) => sum + part.leads, 0)).toBe(460);
    expect(expected.counted).toMatch(/^[0-9a-f]{64}$/);
    expect(await readModelsOf(queryOf(atRest))).toEqual(expected);
    expect(await readModelsOf(queryOf(atTheEnd))).toEqual(expected);
  });

  it('give up their connections when the log cannot be read to its end', async () => {
    const copyInto: CopyInto = (table, columns) => RowCopy.into(atRest, table, columns);
    const load = new ReadModelsLoad(mkdtempSync(join(folder, 'load-')));
    await load.writeInto(copyInto);
    await load.close();
    expect(await Promise.all([1, 2, 3].map(() => queryOf(atRest)('SELECT 1 AS one')))).toEqual(
      Array(3).fill([{ one: 1 }]),
    );
  });
});
