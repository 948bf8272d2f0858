import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { PolicyDocument } from '@fairlead/decisions';
import type { LeadRouted, LeadUnroutable } from '@fairlead/events';
import { scored } from './fixture/events.js';
import { eventually, Stretch } from './fixture/stretch.js';

// Two routers decide about the same pools, and one or the other is killed again and again while leads come in.

const LEADS = 1_500;
const KILLS = 4;
const CAP = 40;
const PATIENCE_MS = 180_000;
const GRADES = ['A', 'B', 'C'] as const;

const pool = { promise: { direct: 30, channel: 70 }, offer: { maxOffers: 1, then: 'nurture' as const } };
const policy: PolicyDocument = {
  name: 'mortal',
  pools: [
    { ...pool, id: 'capped', match: { countries: ['FR'] } },
    { ...pool, id: 'free', match: {} },
  ],
};
const weights: Readonly<Record<string, number>> = { acme: 1, bolt: 2, coil: 3, dart: 10 };

describe('two routers that are killed at random', () => {
  let routing: Stretch;
  beforeAll(async () => {
    routing = await Stretch.open();
    const free = Object.entries(weights).map(([id, weight]) => [id, { weight, territories: ['DE'] }] as const);
    const capped = ['eagle', 'falcon'].map((id) => [id, { territories: ['FR'], caps: { open: CAP } }] as const);
    await routing.under(policy, Object.fromEntries<object>([...free, ...capped]));
    await routing.stop();
  }, PATIENCE_MS);
  afterAll(() => routing?.close(), PATIENCE_MS);

  it(
    'decide each lead once, number decisions without a gap, exceed no cap and stray from no promise',
    async () => {
      const routers = await Promise.all([routing.startMortal(), routing.startMortal()]);
      const leads = Array.from({ length: LEADS }, () => randomUUID() as string);
      const sending = (async () => {
        for (let i = 0; i < LEADS; i += 50) {
          await routing.tell(...leads.slice(i, i + 50).map((lead, j) => scored(kindOf(i + j), lead)));
          await pause(250);
        }
      })();
      for (let kill = 0; kill < KILLS; kill += 1) {
        await pause(300 + Math.random() * 1_500);
        const victim = kill % 2;
        routers[victim]?.kill('SIGKILL');
        routers[victim] = await routing.startMortal();
      }
      await sending;

      const decisions = await eventually(() => {
        const all = [...routing.said('lead.routed'), ...routing.said('lead.unroutable')] as (
          LeadRouted | LeadUnroutable
        )[];
        const once = [...new Map(all.map((event) => [event.id, event])).values()];
        expect(once).toHaveLength(LEADS);
        return once;
      }, 90_000);
      expect(new Set(decisions.map(({ subject }) => subject))).toEqual(new Set(leads));

      const byPool = Map.groupBy(decisions, ({ data }) => data.decided.pool);
      for (const each of byPool.values()) {
        each.sort((a, b) => a.data.decided.poolSeq - b.data.decided.poolSeq);
        expect(each.map(({ data }) => data.decided.poolSeq)).toEqual(each.map((_, index) => index + 1));
      }
      expectCapsKept(byPool.get('capped') ?? []);
      expectPromiseKept(byPool.get('free') ?? []);
    },
    PATIENCE_MS,
  );
});

function kindOf(number: number) {
  const facts = { country: number % 4 === 0 ? 'FR' : 'DE', engagement: {}, attributes: {} };
  return { grade: GRADES[number % GRADES.length], facts };
}

/** Nobody answers here, so every offer stays open. */
function expectCapsKept(decisions: readonly (LeadRouted | LeadUnroutable)[]): void {
  const offers = new Map<string, number>();
  for (const { data } of decisions) if ('to' in data) offers.set(data.to, (offers.get(data.to) ?? 0) + 1);
  expect([offers.get('eagle'), offers.get('falcon')]).toEqual([CAP, CAP]);
}

/** Everybody can take every lead of this pool, so nobody is ever off by a whole lead of the partners' share, and no side by half a one. */
function expectPromiseKept(decisions: readonly (LeadRouted | LeadUnroutable)[]): void {
  expect(decisions.length).toBeGreaterThan(LEADS / 2);
  const total = Object.values(weights).reduce((sum, weight) => sum + weight);
  for (const grade of GRADES) {
    const got = new Map<string, number>();
    let [sent, toPartners] = [0, 0];
    for (const { data } of decisions.filter((each) => each.data.grade === grade)) {
      const to = 'to' in data ? data.to : '';
      got.set(to, (got.get(to) ?? 0) + 1);
      sent += 1;
      if (to !== 'direct') toPartners += 1;
      expect(Math.abs((got.get('direct') ?? 0) - 0.3 * sent)).toBeLessThanOrEqual(0.5);
      for (const [id, weight] of Object.entries(weights))
        expect(Math.abs((got.get(id) ?? 0) - (weight / total) * toPartners)).toBeLessThan(1);
    }
  }
}
