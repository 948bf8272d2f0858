// What a policy promises, held against whole decisions: rosters, territories, offers and refusals, not the rule alone.
import fc from 'fast-check';
import { backForRefusing, LEAD } from './allocate.js';
import { Loads } from './loads.js';
import type { PartnerDocument } from './partner.js';
import { policyOf } from './policy.js';
import { ProtectedAccounts } from './protected-accounts.js';
import { partnerOf, Roster } from './roster.js';
import { type RoutableLead, routeLead, type Rules } from './route-lead.js';
import {
  applyDecision,
  creditEntries,
  creditKey,
  freePlace,
  refuseOffer,
  newRoutingState,
  type RoutingState,
} from './routing-state.js';

const now = Date.UTC(2026, 0, 15, 12);
const B_PARTNERS = creditKey('B', 'partner');

const places = ['DE', 'FR', 'AT', 'CH', 'NL', 'SE', 'GB', 'US'];
const products = ['cloud', 'storage', 'network'];

type Partners = Readonly<Record<string, Partial<PartnerDocument>>>;

/** Equal, uniform, and heavy-tailed: a few large among many small is what breaks simpler rules. */
const weights = (min: number, max: number) =>
  fc.oneof(
    fc.array(fc.constant(1), { minLength: min, maxLength: max }),
    fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: min, maxLength: max }),
    fc.array(fc.constantFrom(1, 1, 1, 2, 8, 100, 1_000, 10_000), { minLength: min, maxLength: max }),
  );

const idOf = (index: number) => `partner-${String(index).padStart(3, '0')}`;
const weighing = (list: readonly number[]): Partners =>
  Object.fromEntries(list.map((weight, index) => [idOf(index), { weight }]));

/** One pool. What was decided is folded in before the next decision, as in the service. */
class Pool {
  state: RoutingState = newRoutingState();
  private rules: Rules;

  constructor(
    partners: Partners,
    private readonly promise = { direct: 0, channel: 100 },
  ) {
    this.rules = this.rulesFor(partners);
  }

  /** The roster from now on. */
  serve(partners: Partners): void {
    this.rules = this.rulesFor(partners);
  }

  route(facts: Partial<RoutableLead['facts']> = {}): string {
    const lead: RoutableLead = {
      state: 'graded',
      grade: 'B',
      sourceId: 'web',
      model: 'f'.repeat(64),
      consent: 'given',
      facts: { engagement: {}, attributes: {}, ...facts },
    };
    const decision = routeLead(lead, this.rules, this.state, now);
    applyDecision(this.state, decision.change, this.rules.roster);
    return decision.outcome === 'routed' ? decision.data.to : 'nobody';
  }

  refuse(party: string): void {
    refuseOffer(this.state, { pool: 'all', quality: 'B', party, paidBy: 'channel' }, this.rules.roster);
  }

  /** The lead that the party had is no longer in work. */
  done(party: string): void {
    freePlace(this.state, { pool: 'all', quality: 'B', party, paidBy: 'channel' }, this.rules.roster);
  }

  credit(party: string): number {
    return this.state.pools.get('all')?.credits.get(B_PARTNERS)?.get(party) ?? 0;
  }

  furthest(): number {
    return Math.max(...creditEntries(this.state).map(({ credit }) => Math.abs(credit))) / LEAD;
  }

  /** Of each level together, with what is unclaimed. */
  sums(): number[] {
    const levels = Map.groupBy(creditEntries(this.state), ({ grade, level }) => creditKey(grade, level));
    return [...levels.values()].map((entries) => entries.reduce((sum, { credit }) => sum + credit, 0));
  }

  /** What another process finds that goes on from what this one has stored. */
  takeOver(): void {
    const pool = this.state.pools.get('all');
    const credits = new Map(
      [...(pool?.credits ?? [])].map(
        ([key, level]) => [key, new Map([...level].toSorted(([a], [b]) => (a < b ? -1 : 1)))] as const,
      ),
    );
    const kept = { poolSeq: pool?.poolSeq ?? 0, credits, reserved: new Map(pool?.reserved) };
    this.state = newRoutingState({
      pools: new Map([['all', kept]]),
      loads: new Loads(this.state.loads),
      order: this.state.order,
    });
  }

  private rulesFor(partners: Partners): Rules {
    const pools = [{ id: 'all', match: {}, promise: this.promise }];
    return {
      policy: policyOf({ name: 'p', pools }, 1),
      roster: new Roster(
        Object.entries(partners).map(([id, more]) => partnerOf(id, { name: id, tier: 'gold', ...more })),
      ),
      namedAccounts: new Map(),
      protections: ProtectedAccounts.of(0, []),
    };
  }
}

describe('what partners receive', () => {
  it('is off by less than one lead after every single lead, when all can take it, whatever the weights', () => {
    fc.assert(
      fc.property(weights(2, 100), fc.integer({ min: 1, max: 600 }), (list, count) => {
        const pool = new Pool(weighing(list));
        expect(strays(pool, list, count)).toBeLessThan(1);
        expect(pool.sums()).toEqual([0, 0]);
      }),
      { numRuns: 40 },
    );
  });

  it('is off by half a lead at most between direct and the channel, and by less than one among partners beside', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), weights(2, 20), (direct, list) => {
        const pool = new Pool(weighing(list), { direct, channel: 100 - direct });
        const received = new Map<string, number>();
        let toDirect = 0;
        for (let count = 1; count <= 400; count++) {
          const to = pool.route();
          if (to === 'direct') toDirect++;
          else received.set(to, (received.get(to) ?? 0) + 1);
          expect(Math.abs(toDirect - (count * direct) / 100)).toBeLessThanOrEqual(0.5);
          expect(furthestOff(received, list, count - toDirect)).toBeLessThan(1);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is off by two leads at most when each lead can be taken by others, and all credits add up to nothing', () => {
    const partner = fc.record({
      territories: fc.subarray(places),
      products: fc.subarray(products),
      caps: fc.record({ open: fc.integer({ min: 0, max: 30 }) }, { requiredKeys: [] }),
    });
    const lead = fc.record({
      country: fc.constantFrom(...places),
      product: fc.constantFrom(...products),
      // How many leads come before this one is no longer in work.
      work: fc.integer({ min: 1, max: 100 }),
    });
    fc.assert(
      fc.property(
        weights(2, 100).chain((list) =>
          fc.tuple(fc.constant(list), fc.array(partner, { minLength: list.length, maxLength: list.length })),
        ),
        fc.array(lead, { minLength: 300, maxLength: 300 }),
        ([list, serving], leads) => {
          const pool = new Pool(
            Object.fromEntries(list.map((weight, index) => [idOf(index), { weight, ...serving[index] }])),
          );
          const ends = new Map<number, string[]>();
          for (const [count, { work, ...facts }] of leads.entries()) {
            for (const party of ends.get(count) ?? []) pool.done(party);
            const to = pool.route(facts);
            if (to !== 'nobody') ends.set(count + work, [...(ends.get(count + work) ?? []), to]);
            expect(pool.furthest()).toBeLessThanOrEqual(2);
            expect(pool.sums().every((sum) => sum === 0)).toBe(true);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is the share of a new partner within one and a half leads, from its first day on', () => {
    fc.assert(
      fc.property(weights(2, 60), fc.nat(300), (list, before) => {
        const pool = new Pool(weighing(list.slice(1)));
        for (let count = 0; count < before; count++) pool.route();
        pool.serve({ ...weighing(list.slice(1)), newcomer: { weight: list[0]! } });

        const share = list[0]! / list.reduce((sum, weight) => sum + weight, 0);
        let received = 0;
        for (let count = 1; count <= 400; count++) {
          if (pool.route() === 'newcomer') received++;
          expect(Math.abs(received - share * count)).toBeLessThanOrEqual(1.5);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is neither made up for nor held against a partner that was paused', () => {
    fc.assert(
      fc.property(weights(2, 60), fc.nat(300), fc.integer({ min: 1, max: 300 }), (list, before, pause) => {
        const partners = weighing(list);
        const [sleeper] = Object.keys(partners) as [string];
        const pool = new Pool(partners);
        for (let count = 0; count < before; count++) pool.route();
        const owed = pool.credit(sleeper);
        pool.serve({ ...partners, [sleeper]: { ...partners[sleeper], status: 'paused' } });
        for (let count = 0; count < pause; count++) expect(pool.route()).not.toBe(sleeper);
        expect(pool.credit(sleeper)).toBe(owed);

        pool.serve(partners);
        const share = list[0]! / list.reduce((sum, weight) => sum + weight, 0);
        let received = 0;
        for (let count = 1; count <= 200; count++) {
          if (pool.route() === sleeper) received++;
          // What it was owed before its pause is owed after it.
          expect(Math.abs(received - share * count - owed / LEAD)).toBeLessThanOrEqual(1.5);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is paid for by half when refused, never so that the refuser is owed something, and nothing is lost', () => {
    fc.assert(
      fc.property(weights(2, 40), fc.array(fc.boolean(), { minLength: 50, maxLength: 300 }), (list, refusals) => {
        const pool = new Pool(weighing(list));
        for (const refused of refusals) {
          const to = pool.route();
          if (!refused) continue;
          const paid = pool.credit(to);
          pool.refuse(to);
          const back = pool.credit(to) - paid;
          expect(back).toBe(Math.max(0, Math.min(LEAD / 2, -paid)));
          expect(pool.credit(to)).toBeLessThanOrEqual(Math.max(0, paid));
          expect(backForRefusing(new Map([['it', paid]]), 'it')).toBe(back);
          expect(pool.sums()).toEqual([0, 0]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

// In a widely used CRM the members of a team were served in the order in which they had been made, and each run of the
// assignment began with the first again: with runs of one or two leads, all of 30 leads went to the member that was made
// first. No test saw it, because every test assigned a whole batch in one run. In another, a round robin kept whose turn
// it was in a cache that a bulk insert read once: one by one leads went round, 30 at once went to one owner.
describe('thirty leads and members who are all alike', () => {
  const members = fc.uniqueArray(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/), { minLength: 2, maxLength: 6 });

  it.each([
    ['in one batch', 30],
    ['in batches of two', 2],
    ['one by one', 1],
  ])('are shared out evenly %s, in whatever order the members were made', (_, batch) => {
    fc.assert(
      fc.property(members, (made) => {
        const pool = new Pool(Object.fromEntries(made.map((id) => [id, {}])));
        const received = new Map(made.map((id) => [id, 0]));
        for (let lead = 0; lead < 30; lead++) {
          if (lead % batch === 0) pool.takeOver();
          const to = pool.route();
          received.set(to, (received.get(to) ?? 0) + 1);
          const counts = [...received.values()];
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }
        expect(received.size).toBe(made.length);
      }),
    );
  });

  it('go to the same members whatever the batches and the order in which they were made', () => {
    const road = (made: readonly string[], batch: number) => {
      const pool = new Pool(Object.fromEntries(made.map((id) => [id, {}])));
      return Array.from({ length: 30 }, (_, lead) => {
        if (lead % batch === 0) pool.takeOver();
        return pool.route();
      });
    };
    const expected = road(['anna', 'ben', 'cleo'], 30);
    expect(road(['cleo', 'ben', 'anna'], 1)).toEqual(expected);
    expect(road(['ben', 'cleo', 'anna'], 7)).toEqual(expected);
  });
});

/** The furthest that anybody was off after any lead. */
function strays(pool: Pool, list: readonly number[], count: number): number {
  const received = new Map<string, number>();
  let furthest = 0;
  for (let lead = 1; lead <= count; lead++) {
    const to = pool.route();
    received.set(to, (received.get(to) ?? 0) + 1);
    furthest = Math.max(furthest, furthestOff(received, list, lead));
  }
  return furthest;
}

function furthestOff(received: ReadonlyMap<string, number>, list: readonly number[], count: number): number {
  const total = list.reduce((sum, weight) => sum + weight, 0);
  return list.reduce(
    (furthest, weight, index) =>
      Math.max(furthest, Math.abs((received.get(idOf(index)) ?? 0) - (weight * count) / total)),
    0,
  );
}
