import { randomUUID } from 'node:crypto';
import type { Query } from '@fairlead/persistence';
import { type AttemptResult, type Claim, DeliveryQueueStore } from '../src/store/delivery-queue.store.js';
import { leadRouted } from './fixture/events.js';
import { eventually, Stretch } from './fixture/stretch.js';

/** Longer than a test takes. */
const LEASE_MS = 600_000;

/** A sender that was stopped in the middle wakes up when another has its delivery: what it says of it then must do no harm. */
describe('a delivery whose lease has run out, and that another sender has claimed since', () => {
  let road: Stretch;
  const queue = new DeliveryQueueStore();
  const query: Query = async <Row>(sql: string, parameters: readonly unknown[] = []) =>
    (await road.db.query(sql, [...parameters])).rows as Row[];

  beforeAll(async () => {
    road = await Stretch.open();
    const service = await road.start();
    // Nobody has to listen there: what is due is claimed by the test alone.
    await road.endpoint('acme', 'crm', 'http://127.0.0.1:9/hook');
    await road.db.query(`UPDATE endpoints SET resting_until = now() + interval '1 hour'`);
    await road.receives(...Array.from({ length: 5 }, () => leadRouted(randomUUID(), 'acme')));
    await eventually(async () => {
      const { rows } = await road.db.query('SELECT 1 FROM delivery_queue');
      expect(rows).toHaveLength(5);
    });
    await road.stop(service);
    await road.db.query('UPDATE endpoints SET resting_until = NULL');
  });
  afterAll(() => road.close());

  /** The same delivery, claimed by one whose lease runs out at once, and by another whose does not. */
  async function claimedTwice(): Promise<{ stale: Claim; live: Claim }> {
    const { rows } = await road.db.query<{ key: string }>(`SELECT key FROM endpoints WHERE party = 'acme'`);
    const one = [{ endpointKey: rows[0]?.key ?? '', quota: 1 }];
    const [stale] = await queue.claim(query, one, 0);
    const [live] = await queue.claim(query, one, LEASE_MS);
    expect([live?.sequence, live?.claim]).toEqual([stale?.sequence, (stale?.claim ?? 0) + 1]);
    return { stale: stale as Claim, live: live as Claim };
  }

  function resultOf({ sequence, claim, leadId }: Claim, outcome: AttemptResult['outcome']): AttemptResult {
    return {
      ...{ sequence, claim, leadId, outcome, attempt: 1, startedAt: Date.now(), durationMs: 5 },
      status: outcome === 'delivered' ? 200 : 503,
      failure: outcome === 'delivered' ? undefined : 'http-503',
      excerpt: undefined,
      retryInMs: outcome === 'retry' ? 0 : undefined,
    };
  }

  async function stateOf({ sequence }: Claim) {
    const { rows } = await road.db.query(
      `SELECT q.claims AS claim, q.attempts, q.leased_until > now() + interval '1 minute' AS leased, d.undelivered
       FROM deliveries d LEFT JOIN delivery_queue q USING (sequence) WHERE d.sequence = $1`,
      [sequence],
    );
    return rows[0] as unknown;
  }
  const untouched = ({ claim }: Claim) => ({ claim, attempts: 0, leased: true, undelivered: null });
  const settled = { claim: null, attempts: null, leased: null, undelivered: null };

  it.each(['retry', 'failed'] as const)('is left to that one when the first one’s attempt says %s', async (outcome) => {
    const { stale, live } = await claimedTwice();
    expect(await queue.record(query, [resultOf(stale, outcome)])).toEqual({ settled: new Set(), freed: [] });
    expect(await stateOf(live)).toEqual(untouched(live));
    // Both attempts are kept, each once.
    await queue.record(query, [resultOf(stale, outcome)]);
    expect(await queue.record(query, [resultOf(live, 'delivered')])).toMatchObject({
      settled: new Set([live.sequence]),
    });
    expect(await stateOf(live)).toEqual(settled);
    const { rows } = await road.db.query('SELECT claim, attempt FROM attempts WHERE sequence = $1 ORDER BY claim', [
      live.sequence,
    ]);
    expect(rows).toEqual([
      { claim: stale.claim, attempt: 1 },
      { claim: live.claim, attempt: 1 },
    ]);
  });

  it('is left to that one when the first one gives it back', async () => {
    const { stale, live } = await claimedTwice();
    await queue.release(query, [stale]);
    expect(await stateOf(live)).toEqual(untouched(live));
    await queue.release(query, [live]);
    expect(await stateOf(live)).toMatchObject({ leased: null });
    await road.db.query('DELETE FROM delivery_queue WHERE sequence = $1', [live.sequence]);
  });

  it('is delivered when the first one’s arrived after all, whatever the other’s attempt comes to', async () => {
    const { stale, live } = await claimedTwice();
    expect(await queue.record(query, [resultOf(stale, 'delivered')])).toMatchObject({
      settled: new Set([stale.sequence]),
    });
    expect(await queue.record(query, [resultOf(live, 'failed')])).toEqual({ settled: new Set(), freed: [] });
    expect(await stateOf(live)).toEqual(settled);
  });

  it('is withheld by that one alone where its offer has ended', async () => {
    const { stale, live } = await claimedTwice();
    await road.db.query(`UPDATE leads SET accept_by = now() - interval '1 second' WHERE lead_id = $1`, [live.leadId]);
    expect(await queue.withhold(query, [stale])).toEqual([]);
    expect(await stateOf(live)).toEqual(untouched(live));
    expect(await queue.withhold(query, [live])).toEqual([{ sequence: live.sequence, reason: 'offer-expired' }]);
  });
});
