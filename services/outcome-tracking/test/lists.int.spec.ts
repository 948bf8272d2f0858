import { randomUUID } from 'node:crypto';
import type { Query } from '@fairlead/persistence';
import { UnitsOfWork } from '@fairlead/messaging';
import { Client } from 'pg';
import { type LeadFilter, LeadsStore } from '../src/store/leads.store.js';
import { received, routed, scored } from './fixture/events.js';
import { startTracking, type Tracking } from './fixture/tracking.js';

// A partner with many leads and none that was won asked for those that were, 24 times at once. Each time PostgreSQL walked all leads,
// newest first; HTTP, the consumer, the relay and the clock of offers had the same eight connections, and for ten seconds
// nobody could accept an offer. No test had more leads than fit on a page.
describe('lists of many leads', () => {
  let tracking: Tracking;

  beforeAll(async () => {
    tracking = await startTracking();
  });
  afterAll(() => tracking?.end());

  it('keep nobody from answering, however many are asked for and however long they take', async () => {
    const acme = await tracking.partnerKey('acme');
    const lead = randomUUID();
    await tracking.told(received(lead), scored(lead), routed(lead, 'acme'));
    await tracking.eventually(async () => (await tracking.call(`/v1/leads/${lead}`)).body['state'], 'offered');
    const holder = new Client({ connectionString: tracking.databaseUrl });
    await holder.connect();
    // What reports read and nobody else does: they wait, for as long as they are let.
    await holder.query('BEGIN; LOCK TABLE outcome_tracking.cohort_counts IN ACCESS EXCLUSIVE MODE');
    const refused: unknown[] = [];
    const reports = Array.from({ length: 30 }, async () => {
      const { status, headers, body } = await tracking.call('/v1/trust');
      if (status !== 200) refused.push([status, headers.get('retry-after'), String(body['type']).split(':').at(-1)]);
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const accepted = await tracking.call(`/v1/leads/${lead}/accept`, { json: {}, key: acme });
    expect([accepted.status, accepted.body['state']]).toEqual([200, 'accepted']);
    await tracking.eventually(async () => refused.some((each) => JSON.stringify(each).includes('too-slow')), true);
    expect(refused).toContainEqual([503, '2', 'too-slow']);
    expect(refused).toContainEqual([503, '2', 'too-many']);
    await holder.end();
    await Promise.all(reports);
    expect((await tracking.call('/v1/trust')).status).toBe(200);
  });

  describe('with 30,000 of them', () => {
    const COUNT = 30_000;
    const store = new LeadsStore();

    beforeAll(async () => {
      await tracking.rows(`SET search_path = outcome_tracking;
        INSERT INTO leads (lead_id, state, source_id, received_at, grade, party, offer, accept_by, facts, reachable, missing, reasons)
        SELECT md5('many' || n)::uuid, CASE WHEN n % 2 = 0 AND n % 50 = 0 THEN 'won' ELSE 'accepted' END,
          CASE WHEN n % 2 = 0 THEN 'web' ELSE 'fair' END, now() - interval '100 days' + n * interval '1 min',
          CASE WHEN n % 3 = 0 THEN 'A' ELSE 'B' END, CASE WHEN n <= 3 THEN 'rare' WHEN n % 2 = 0 THEN 'bolt' ELSE 'many' END, 1,
          now(), jsonb_build_object('company', repeat('x', 400)), '{}', '{}', '[]' FROM generate_series(1, ${COUNT}) n;
        INSERT INTO offers (lead_id, number, party, pool, policy, kind, grade, reveal, offered_at, accept_by, stage)
        SELECT lead_id, 1, party, 'all', 'p@1', 'share', grade, 'on-accept', received_at, received_at, state
        FROM leads WHERE party IN ('rare', 'bolt', 'many') ORDER BY received_at`);
      // As autovacuum does it in time; a page counts as visible to all once nobody can be reading what was before.
      await tracking.eventually(async () => {
        for (const table of ['leads', 'offers']) await tracking.rows(`VACUUM ANALYZE outcome_tracking.${table}`);
        const [row] = await tracking.rows(`SELECT bool_and(relallvisible > 0.9 * relpages) AS visible FROM pg_class
          WHERE oid IN ('outcome_tracking.leads'::regclass, 'outcome_tracking.offers'::regclass)`);
        return row?.['visible'];
      }, true);
    });

    /** How many pages of 8 KB the list reads, whatever is asked for. */
    async function pagesRead(list: (query: Query) => Promise<unknown>): Promise<number> {
      const units = tracking.service(UnitsOfWork);
      let pages = 0;
      await list(async (sql, parameters) => {
        const [row] = await units.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
          'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ' + sql,
          parameters,
        );
        const plan = row?.['QUERY PLAN'][0].Plan ?? {};
        pages += (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
        return [];
      });
      return pages;
    }

    const combinations = ['won', 'recycled', undefined].flatMap((state) =>
      ['A', 'D', undefined].flatMap((grade) =>
        ['web', 'gone', undefined].map((source): LeadFilter => ({ state, grade, source })),
      ),
    );

    it('read little more than an index of them, whatever they are narrowed by and however few are left', async () => {
      for (const filter of combinations) {
        for (const party of ['many', 'rare', undefined]) {
          const pages = await pagesRead((query) => store.page(query, { ...filter, party }, 101));
          // The table has some 3,000 pages, and each lead that is shown may be on one of its own, found through three.
          expect({ filter, party, isFew: pages < 1_000, pages }).toMatchObject({ isFew: true });
        }
      }
    });

    it('of a partner read what it was offered, and not what others were', async () => {
      for (const filter of combinations) {
        const pages = await pagesRead((query) => store.pageOf(query, 'rare', filter, 101));
        expect({ filter, isFew: pages < 100, pages }).toMatchObject({ isFew: true });
      }
    });
  });
});
