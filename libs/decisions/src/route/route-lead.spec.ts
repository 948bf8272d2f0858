import fc from 'fast-check';
import { engine } from '../engine.js';
import { LEAD } from './allocate.js';
import { NamedAccountList } from './named-account-list.js';
import { readNamedAccounts } from './named-accounts.js';
import { DIRECT } from './party.js';
import { type PartnerDocument } from './partner.js';
import { type PolicyDocument, policyOf } from './policy.js';
import { ProtectedAccounts } from './protected-accounts.js';
import { partnerOf, Roster } from './roster.js';
import {
  type EarlierOffers,
  overrideLead,
  type RoutableLead,
  routeLead,
  type Routed,
  type Rules,
} from './route-lead.js';
import {
  applyDecision,
  freePlace,
  type MadeOffer,
  refuseOffer,
  returnLead,
  newRoutingState,
  type RoutingState,
  withdrawOffer,
} from './routing-state.js';

const now = Date.UTC(2026, 0, 15, 12);
const model = 'f'.repeat(64);

type PoolDocument = PolicyDocument['pools'][number];

function rulesWith(partners: Record<string, Partial<PartnerDocument>>, pool: Partial<PoolDocument> = {}): Rules {
  const document: PolicyDocument = {
    name: 'p',
    pools: [{ id: 'all', match: {}, promise: { direct: 40, channel: 60 }, ...pool }],
  };
  const list = readNamedAccounts({
    owner: 'jane',
    entries: [{ domain: 'siemens.com', owner: 'north', from: '2026-01-01' }],
  });
  if (!list.ok) throw new Error('unreadable');
  return {
    policy: policyOf(document, 3),
    roster: new Roster(
      Object.entries(partners).map(([id, more]) => partnerOf(id, { name: id, tier: 'gold', ...more })),
    ),
    namedAccounts: new Map([['named', new NamedAccountList('named', 2, list.document)]]),
    protections: ProtectedAccounts.of(0, []),
  };
}

const newState = (): RoutingState => newRoutingState();

function lead(more: Partial<RoutableLead> = {}): RoutableLead {
  const facts = { engagement: {}, attributes: {} };
  const usual = { state: 'graded', grade: 'B', sourceId: 'web', model, consent: 'given' } as const;
  return { ...usual, ...more, facts: { ...facts, ...more.facts } };
}

/** Routes one lead after the other, as the service does: what was decided is folded in before the next decision. */
class Road {
  readonly state = newState();
  readonly rules: Rules;

  constructor(partners: Record<string, Partial<PartnerDocument>>, pool: Partial<PoolDocument> = {}) {
    this.rules = rulesWith(partners, pool);
  }

  route(routed: RoutableLead = lead(), at = now) {
    const decision = routeLead(routed, this.rules, this.state, at);
    applyDecision(this.state, decision.change, this.rules.roster);
    return decision;
  }

  to(routed: RoutableLead = lead(), at = now): string | undefined {
    const decision = this.route(routed, at);
    return decision.outcome === 'routed' ? decision.data.to : undefined;
  }

  /** Offers the lead, and lets everybody refuse it. */
  refusedByAll(first: RoutableLead = lead(), because: EarlierOffers['because'] = 'declined') {
    const offers: string[] = [];
    let decision = this.route(first);
    while (decision.outcome === 'routed') {
      const { data, paidBy } = decision;
      offers.push(`${data.to} (${data.why})`);
      refuseOffer(this.state, offerOf(decision, first), this.rules.roster);
      const refusedBy = [...(first.earlier?.refusedBy ?? []), data.to];
      first = { ...first, earlier: { ...first.earlier, pool: 'all', made: data.offer, refusedBy, because, paidBy } };
      decision = this.route(first);
    }
    return { offers, end: decision.data };
  }

  /** Lets whoever has the lead return it, as the first offer of it or a later one. */
  returned(decision: Routed, from: RoutableLead): EarlierOffers {
    returnLead(this.state, offerOf(decision, from), this.rules.roster);
    const { to, offer } = decision.data;
    const refusedBy = [...(from.earlier?.refusedBy ?? []), to];
    return { pool: 'all', made: offer, refusedBy, because: 'recycled', paidBy: null, recycledAfter: offer };
  }

  /** What all are owed together, with what is unclaimed: at every level of every grade. */
  sums(): number[] {
    return [...this.state.pools.values()].flatMap(({ credits }) =>
      [...credits.values()].map((level) => [...level.values()].reduce((sum, credit) => sum + credit, 0)),
    );
  }
}

function offerOf({ data, paidBy, change }: Routed, { grade }: RoutableLead): MadeOffer {
  return { pool: change.pool, quality: grade ?? 'incomplete', party: data.to, paidBy };
}

describe('routing a lead', () => {
  describe('that was returned and is recycled', () => {
    it('offers it to as many as a new one, and to nobody who has declined or returned it', () => {
      const road = new Road({ acme: {}, bolt: {}, cord: {}, dune: {} }, { offer: { maxOffers: 2, then: 'nurture' } });
      const first = road.route() as Routed;
      const round = { ...lead(), earlier: road.returned(first, lead()) };
      const { offers, end } = road.refusedByAll(round);
      expect(offers.map((offer) => offer.replace(/^[a-z]+ /, ''))).toEqual(['(recycled)', '(declined)']);
      expect([first.data.to, ...offers.map((offer) => offer.split(' ')[0])]).toHaveLength(
        new Set([first.data.to, ...offers.map((offer) => offer.split(' ')[0])]).size,
      );
      expect(end).toMatchObject({ reason: 'offers-exhausted', then: 'nurture' });
    });

    it('goes to direct when the partners of its round are through, unless direct had it; then it is nobody’s', () => {
      const channel = { promise: { direct: 0, channel: 100 }, offer: { maxOffers: 1, then: 'direct' } } as const;
      const road = new Road({ acme: {}, bolt: {} }, channel);
      const first = road.route() as Routed;
      const { offers } = road.refusedByAll({ ...lead(), earlier: road.returned(first, lead()) });
      expect([first.data.to, ...offers]).toEqual(['acme', 'bolt (recycled)', 'direct (fallback)']);

      const alone = new Road({}, { promise: { direct: 100, channel: 0 } });
      const earlier = alone.returned(alone.route() as Routed, lead());
      expect(alone.route({ ...lead(), earlier }).data).toMatchObject({
        reason: 'offers-exhausted',
        refusedCounts: { 'declined-before': 1 },
      });
    });

    it('goes to no partner once the person refuses, nor to one that is paused, and to nobody where direct had it, too', () => {
      const road = new Road(
        { acme: {}, bolt: {}, cord: { status: 'paused' } },
        { promise: { direct: 0, channel: 100 } },
      );
      const first = road.route() as Routed;
      const earlier = road.returned(first, lead());
      const refused = road.route({ ...lead({ consent: 'refused' }), earlier });
      expect(refused.data).toMatchObject({
        ...{ to: DIRECT, why: 'fallback' },
        refusedCounts: { 'declined-before': 1, 'no-consent': 1, paused: 1 },
      });
      const nobody = { ...earlier, refusedBy: [...earlier.refusedBy, DIRECT] };
      expect(road.route({ ...lead({ consent: 'refused' }), earlier: nobody }).data).toMatchObject({
        reason: 'no-consent',
      });
    });

    it('is matched with the pools anew, as it is known by then', () => {
      const rules = rulesWith({ acme: {} }, { id: 'dach', match: { countries: ['DE'] } });
      const pools = [...rules.policy.pools, { ...rules.policy.pools[0]!, id: 'rest', match: {} }];
      const both = { ...rules, policy: { ...rules.policy, pools } };
      const facts = { country: 'DE', engagement: {}, attributes: {} };
      const earlier = { pool: 'rest', made: 1, refusedBy: ['acme'], paidBy: null, recycledAfter: 1 } as const;
      const poolOf = (because: EarlierOffers['because']) =>
        routeLead(lead({ facts, earlier: { ...earlier, because } }), both, newState(), now).data.decided.pool;
      expect([poolOf('recycled'), poolOf('declined')]).toEqual(['dach', 'rest']);
    });

    it('leaves what all are owed at nothing, whoever returns how often', () => {
      fc.assert(
        fc.property(fc.array(fc.nat(3), { maxLength: 40 }), (times) => {
          const road = new Road({ acme: {}, bolt: { weight: 7 }, cord: { weight: 2 } });
          for (const returns of times) {
            let each = lead();
            let decision = road.route(each);
            for (let left = returns; left > 0 && decision.outcome === 'routed'; left--) {
              each = { ...each, earlier: road.returned(decision, each) };
              decision = road.route(each);
            }
          }
          expect(road.sums().every((sum) => sum === 0)).toBe(true);
        }),
      );
    });
  });

  it('offers it to a partner, and tells who else was considered and why the others were not', () => {
    const rules = rulesWith({
      acme: { weight: 3 },
      bolt: {},
      asleep: { status: 'paused' },
      full: { caps: { open: 0 } },
      paris: { territories: ['FR'] },
    });
    expect(routeLead(lead({ facts: { country: 'DE' } as never }), rules, newState(), now)).toEqual({
      outcome: 'routed',
      data: {
        to: 'acme',
        grade: 'B',
        offer: 1,
        acceptBy: now + 24 * 3_600_000,
        revealContact: 'on-accept',
        why: 'first',
        decided: {
          engine,
          policy: { name: 'p', version: 3, hash: rules.policy.hash },
          consent: 'given',
          model,
          roster: rules.roster.hash,
          pool: 'all',
          poolSeq: 1,
          step: 1,
          now,
        },
        considered: [
          { party: 'direct', refusals: [], credit: 0 },
          { party: 'acme', refusals: [], credit: 0 },
          { party: 'bolt', refusals: [], credit: 0 },
          { party: 'full', refusals: ['cap-reached'], credit: 0 },
          { party: 'asleep', refusals: ['paused'], credit: 0 },
        ],
        refusedCounts: { 'outside-territory': 1, 'cap-reached': 1, paused: 1 },
      },
      paidBy: 'channel',
      change: {
        pool: 'all',
        poolSeq: 1,
        step: 1,
        quality: 'B',
        to: 'acme',
        now,
        moves: [
          { level: 'side', allocation: expect.objectContaining({ after: [-0.4 * LEAD, 0.4 * LEAD] }) },
          { level: 'partner', allocation: expect.objectContaining({ after: [-0.25 * LEAD, 0.25 * LEAD] }) },
        ],
      },
    });
  });

  it('reads the state and leaves it alone', () => {
    const road = new Road({ acme: {}, bolt: {} });
    for (let count = 0; count < 5; count++) road.route();
    const before = structuredClone([...road.state.pools]);
    const first = routeLead(lead(), road.rules, road.state, now);
    expect(routeLead(lead(), road.rules, road.state, now)).toEqual(first);
    expect([...road.state.pools]).toEqual(before);
  });

  it('keeps the promise of each grade, by itself', () => {
    const road = new Road({ acme: { weight: 3 }, bolt: {} }, { promiseByGrade: { A: { direct: 50, channel: 50 } } });
    const counts: Record<string, number> = {};
    for (let count = 0; count < 100; count++) {
      for (const grade of ['A', 'B'] as const) {
        const key = `${grade} ${road.to(lead({ grade }))}`;
        counts[key] = (counts[key] ?? 0) + 1;
      }
    }
    expect(counts).toEqual({
      'A direct': 50,
      'A acme': 38,
      'A bolt': 12,
      'B direct': 40,
      'B acme': 45,
      'B bolt': 15,
    });
    expect(road.sums()).toEqual([0, 0, 0, 0]);
  });

  it('numbers the decisions of a pool without a gap, those that route nothing too', () => {
    const road = new Road({ acme: {} }, { incomplete: { then: 'nurture' } });
    const leads = [
      lead(),
      lead({ state: 'not-qualified', grade: null }),
      lead(),
      lead({ state: 'incomplete', grade: null }),
    ];
    expect(leads.map((each) => road.route(each).data.decided.poolSeq)).toEqual([1, 2, 3, 4]);
    expect(() =>
      applyDecision(road.state, { pool: 'all', poolSeq: 6, step: 5, quality: 'A', moves: [], now }, road.rules.roster),
    ).toThrow(RangeError);
  });

  it('gives a lead that is not qualified to nobody', () => {
    const decision = new Road({ acme: {} }).route(lead({ state: 'not-qualified', grade: null }));
    expect(decision).toMatchObject({
      outcome: 'unroutable',
      data: { reason: 'not-qualified', then: 'nurture', grade: null, considered: [], refusedCounts: {} },
      change: { moves: [] },
    });
  });

  it('routes incomplete leads under their own account, or not at all where the pool says so', () => {
    const incomplete = lead({ state: 'incomplete', grade: null });
    const road = new Road({ acme: {} });
    expect(road.route(incomplete)).toMatchObject({
      outcome: 'routed',
      data: { grade: null },
      change: { quality: 'incomplete' },
    });
    expect([...road.state.pools.get('all')!.credits.keys()]).toEqual(['incomplete/side', 'incomplete/partner']);
    expect(new Road({ acme: {} }, { incomplete: { then: 'nurture' } }).route(incomplete)).toMatchObject({
      outcome: 'unroutable',
      data: { reason: 'incomplete', then: 'nurture' },
    });
  });

  it('never exceeds a cap, on open leads or on offers in a day', () => {
    const caps = { open: 3, perDay: 4 };
    const road = new Road({ acme: { caps }, bolt: {} }, { promise: { direct: 0, channel: 100 } });
    const made = Array.from({ length: 20 }, () => road.to());
    expect(made.filter((to) => to === 'acme')).toHaveLength(3);
    const offer: MadeOffer = { pool: 'all', quality: 'B', party: 'acme', paidBy: 'channel' };
    freePlace(road.state, offer, road.rules.roster);
    freePlace(road.state, offer, road.rules.roster);
    expect(Array.from({ length: 5 }, () => road.to()).filter((to) => to === 'acme')).toHaveLength(1);
    expect(
      Array.from({ length: 5 }, () => road.to(lead(), now + 86_400_000)).filter((to) => to === 'acme'),
    ).toHaveLength(1);
  });

  it('counts a partner that is at its cap, and does not charge it for what it could not take', () => {
    const road = new Road({ acme: { caps: { open: 0 } }, bolt: {} }, { promise: { direct: 0, channel: 100 } });
    const decision = road.route();
    expect(decision.data.refusedCounts).toEqual({ 'cap-reached': 1, 'no-share': 1 });
    expect(new Map(road.state.pools.get('all')!.credits.get('B/partner'))).toEqual(new Map([['bolt', 0]]));
  });

  it('shows at most twenty of those considered, with the chosen one among them, and counts all', () => {
    const many = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [`p${String(index).padStart(2, '0')}`, {}]),
    );
    const road = new Road({ ...many, zeta: { weight: 10_000 } }, { promise: { direct: 0, channel: 100 } });
    const { data } = road.route();
    expect(data.considered).toHaveLength(20);
    expect(data.considered[1]).toEqual({ party: 'zeta', refusals: [], credit: 0 });
  });
});

describe('a refused offer', () => {
  it('goes to another partner, then to direct, and never to one who refused it', () => {
    const road = new Road({ acme: {}, bolt: {}, crane: {} }, { offer: { maxOffers: 10 } });
    expect(road.refusedByAll()).toEqual({
      offers: ['acme (first)', 'bolt (declined)', 'crane (declined)', 'direct (declined)'],
      end: expect.objectContaining({
        reason: 'offers-exhausted',
        refusedCounts: { 'declined-before': 4 },
        considered: expect.arrayContaining([
          { party: 'acme', refusals: ['declined-before'], credit: expect.any(Number) },
        ]),
      }),
    });
    expect(road.sums()).toEqual([0, 0]);
  });

  it('goes from direct to the partners', () => {
    const road = new Road({ acme: {} }, { promise: { direct: 90, channel: 10 } });
    expect(road.refusedByAll(lead(), 'expired').offers).toEqual(['direct (first)', 'acme (expired)']);
  });

  it('falls back to direct after as many offers as the policy allows', () => {
    const road = new Road({ acme: {}, bolt: {}, crane: {} }, { offer: { maxOffers: 2, then: 'direct' } });
    expect(road.refusedByAll().offers).toEqual(['acme (first)', 'bolt (declined)', 'direct (fallback)']);
  });

  it('falls back to direct even where direct is promised nothing', () => {
    const road = new Road({ acme: {} }, { promise: { direct: 0, channel: 100 } });
    expect(road.refusedByAll().offers).toEqual(['acme (first)', 'direct (fallback)']);
    expect(road.sums()).toEqual([0, 0]);
  });

  it('ends in nurture where the policy says so', () => {
    const road = new Road(
      { acme: {}, bolt: {} },
      { promise: { direct: 0, channel: 100 }, offer: { maxOffers: 1, then: 'nurture' } },
    );
    expect(road.refusedByAll()).toMatchObject({
      offers: ['acme (first)'],
      end: { reason: 'offers-exhausted', then: 'nurture' },
    });
  });

  it('frees the partner’s place, but not its offer of the day', () => {
    const road = new Road(
      { acme: { caps: { open: 1, perDay: 2 } } },
      { promise: { direct: 0, channel: 100 }, offer: { then: 'nurture' } },
    );
    expect(road.refusedByAll().offers).toEqual(['acme (first)']);
    expect(road.refusedByAll().offers).toEqual(['acme (first)']);
    expect(road.refusedByAll()).toMatchObject({ offers: [], end: { reason: 'nobody-eligible', then: 'nurture' } });
  });

  it('stays in its pool although the policy would now put it elsewhere', () => {
    const road = new Road({ acme: {} });
    const earlier = { pool: 'all', made: 1, refusedBy: ['acme'], because: 'declined', paidBy: null } as const;
    const matched = { id: 'first', match: { sources: ['web'] }, promise: { direct: 100, channel: 0 } };
    const all = { id: 'all', match: {}, promise: { direct: 50, channel: 50 } };
    const rules = { ...road.rules, policy: policyOf({ name: 'p', pools: [matched, all] }, 4) };
    expect(routeLead(lead({ earlier }), rules, newState(), now).data.decided.pool).toBe('all');
    expect(routeLead(lead(), rules, newState(), now).data.decided.pool).toBe('first');
    const gone = { ...earlier, pool: 'closed' };
    expect(routeLead(lead({ earlier: gone }), rules, newState(), now).data.decided.pool).toBe('first');
  });
});

describe('a named account', () => {
  const named = { namedAccounts: { list: 'named', ceiling: 20 } };
  const siemens = lead({ facts: { companyDomain: 'siemens.com' } as never });

  it('goes to direct, outside the promise', () => {
    const road = new Road({ acme: {} }, { namedAccounts: { list: 'named', ceiling: 100 } });
    expect(road.route(siemens)).toMatchObject({
      outcome: 'routed',
      data: {
        to: DIRECT,
        namedAccount: { list: 'named', version: 2, entry: 'siemens.com' },
        considered: [{ party: DIRECT, refusals: [], credit: 0 }],
        refusedCounts: { 'named-account': 1 },
      },
      paidBy: null,
      change: { moves: [], reserved: { list: 'named', taken: true } },
    });
  });

  it('takes no more of a grade than the ceiling, at any moment', () => {
    const road = new Road({ acme: {} }, named);
    let taken = 0;
    for (let count = 1; count <= 50; count++) {
      const decision = road.route(siemens);
      if ('namedAccount' in decision.data) taken++;
      // A lead that the list names and may not have says so.
      else expect(decision.data).toMatchObject({ aboveCeiling: { list: 'named', version: 2, entry: 'siemens.com' } });
      expect(taken / count).toBeLessThanOrEqual(0.2);
    }
    expect(taken).toBe(10);
    expect(road.state.pools.get('all')!.reserved).toEqual(new Map([['named/B', { taken: 10, of: 50 }]]));
  });

  it('that direct refuses goes to the channel like any other lead', () => {
    const road = new Road({ acme: {} }, { namedAccounts: { list: 'named', ceiling: 100 } });
    expect(road.refusedByAll(siemens).offers).toEqual(['direct (first)', 'acme (declined)']);
    expect(road.sums()).toEqual([0, 0]);
  });

  it('is no named account where the list is not known', () => {
    const road = new Road({ acme: {} }, { namedAccounts: { list: 'lost', ceiling: 100 } });
    expect(road.route(siemens).data).not.toHaveProperty('namedAccount');
  });
});

describe('a protected account', () => {
  const day = 86_400_000;
  const claim = { id: 'c1', kind: 'deal-registration', partner: 'bolt', account: { domain: 'siemens.com' } } as const;
  const term = { from: now - day, until: now + day };
  const siemens = lead({ facts: { companyDomain: 'siemens.com' } as never });

  function road(partners: Record<string, Partial<PartnerDocument>> = { acme: { weight: 100 }, bolt: {} }) {
    const made = new Road(partners, { namedAccounts: { list: 'named', ceiling: 100 } });
    Object.assign(made.rules, { protections: ProtectedAccounts.of(7, [{ ...claim, ...term }]) });
    return made;
  }

  it('goes to the partner that claimed it, before any list and outside the promise', () => {
    expect(road().route(siemens)).toMatchObject({
      outcome: 'routed',
      data: {
        to: 'bolt',
        why: 'first',
        protectedAccount: { ...term, claim: 'c1', partner: 'bolt', entry: 'siemens.com', refusals: [] },
        considered: [{ party: 'bolt', refusals: [], credit: 0 }],
        refusedCounts: { 'protected-account': 2 },
        decided: { protections: 7 },
      },
      paidBy: null,
      change: { to: 'bolt', moves: [], reserved: { list: 'named', taken: false } },
    });
  });

  it('is the list’s where the list names the company by what the claim does not hold', () => {
    const made = road();
    const list = readNamedAccounts({
      owner: 'jane',
      entries: [{ company: 'Siemens AG', owner: 'north', from: '2020-01-01' }],
    });
    if (!list.ok) throw new Error('unreadable');
    Object.assign(made.rules, { namedAccounts: new Map([['named', new NamedAccountList('named', 3, list.document)]]) });
    const both = lead({ facts: { companyDomain: 'siemens.com', company: 'Siemens' } as never });
    expect(made.to(both)).toBe(DIRECT);
    expect(made.to(siemens)).toBe('bolt');
    const holding = { ...claim, account: { domain: 'siemens.com', company: 'Siemens' }, ...term };
    Object.assign(made.rules, { protections: ProtectedAccounts.of(8, [holding]) });
    expect(made.to(both)).toBe('bolt');
  });

  it('is protected from the first moment to the last, and no longer', () => {
    expect(road().to(siemens, term.from - 1)).toBe(DIRECT);
    expect(road().to(siemens, term.from)).toBe('bolt');
    expect(road().to(siemens, term.until - 1)).toBe('bolt');
    expect(road().to(siemens, term.until)).toBe(DIRECT);
  });

  it('whose partner is at its cap is everybody’s, and says so', () => {
    const full = road({ acme: {}, bolt: { caps: { open: 1 } } });
    expect(full.to(siemens)).toBe('bolt');
    // Direct's, because a list names it too.
    expect(full.route(siemens).data).toMatchObject({
      to: DIRECT,
      protectedAccount: { partner: 'bolt', refusals: ['cap-reached'] },
      namedAccount: { list: 'named' },
    });
  });

  it('asks of its partner what it asks of everybody', () => {
    const told = (bolt: Partial<PartnerDocument>) => {
      const { data } = road({ acme: {}, bolt }).route(siemens);
      return 'protectedAccount' in data ? data.protectedAccount?.refusals : undefined;
    };
    expect(told({ status: 'paused' })).toEqual(['paused']);
    expect(told({ territories: ['AT'] })).toEqual(['outside-territory']);
    expect(told({ products: ['cloud'], territories: ['DE'] })).toEqual(['outside-territory']);
    const { data } = road({ acme: {} }).route(siemens);
    expect(data).toMatchObject({ to: DIRECT, protectedAccount: { refusals: ['not-on-roster'] } });
  });

  it('whose partner does not want the lead is offered to the others like any other lead', () => {
    const { offers } = road().refusedByAll(siemens);
    expect(offers).toEqual(['bolt (first)', 'acme (declined)', 'direct (declined)']);
  });

  it('leaves the credits of everybody as they were', () => {
    const protecting = road();
    for (let count = 0; count < 10; count++) protecting.route(siemens);
    expect(protecting.sums().every((sum) => sum === 0)).toBe(true);
    expect([...protecting.state.pools.values()].flatMap(({ credits }) => [...credits])).toEqual([]);
  });
});

describe('an override', () => {
  it('sends the lead where the person says, outside the promise, and tells what was considered', () => {
    const road = new Road({ acme: {}, bolt: { status: 'paused' } });
    const decision = overrideLead(lead(), 'bolt', 4, road.rules, road.state, now);
    expect(decision).toMatchObject({
      data: { to: 'bolt', why: 'override', offer: 5, decided: { poolSeq: 1 } },
      paidBy: null,
      change: { to: 'bolt', moves: [] },
    });
    expect(decision.data.considered).toEqual([
      { party: 'direct', refusals: [], credit: 0 },
      { party: 'acme', refusals: [], credit: 0 },
      { party: 'bolt', refusals: ['paused'], credit: 0 },
    ]);
  });

  it('makes the party whole that the lead was taken from', () => {
    const road = new Road({ acme: {}, bolt: {} });
    const decision = road.route();
    if (decision.outcome !== 'routed') throw new Error('not routed');
    withdrawOffer(road.state, offerOf(decision, lead()), road.rules.roster);
    const credits = road.state.pools.get('all')!.credits;
    expect(new Map(credits.get('B/partner'))).toEqual(
      new Map([
        ['acme', LEAD / 2],
        ['bolt', LEAD / 2],
        ['-', -LEAD],
      ]),
    );
    expect(new Map(credits.get('B/side'))).toEqual(
      new Map([
        ['channel', 0.6 * LEAD],
        ['direct', 0.4 * LEAD],
        ['-', -LEAD],
      ]),
    );
    expect(road.state.loads.of('acme').open).toBe(0);
  });
});

describe('routing a lead whose person has not agreed', () => {
  const refused = lead({ consent: 'refused' });
  const unknown = lead({ consent: 'unknown' });
  const needed = (neededFor: 'channel' | 'everyone' | 'nobody') => ({ consent: { neededFor } });
  const toChannel = { promise: { direct: 0, channel: 100 } };

  it('offers it to direct, tells of every partner that could have had it why not, and costs none of them a turn', () => {
    const road = new Road(
      { acme: {}, bolt: {}, full: { caps: { open: 0 } }, paris: { territories: ['FR'] } },
      toChannel,
    );
    const { outcome, data } = road.route(lead({ consent: 'unknown', facts: { country: 'DE' } as never }));
    expect({ outcome, data }).toMatchObject({
      outcome: 'routed',
      data: {
        ...{ to: DIRECT, why: 'fallback', offer: 1, decided: { consent: 'unknown' } },
        considered: [
          { party: DIRECT, refusals: ['no-share'], credit: 0 },
          { party: 'acme', refusals: ['no-consent'], credit: 0 },
          { party: 'bolt', refusals: ['no-consent'], credit: 0 },
          { party: 'full', refusals: ['cap-reached'], credit: 0 },
        ],
        refusedCounts: { 'outside-territory': 1, 'cap-reached': 1, 'no-consent': 2, 'no-share': 1 },
      },
    });
    expect(road.sums().every((sum) => sum === 0)).toBe(true);
    expect([...road.state.pools.get('all')!.credits.values()].flatMap((level) => [...level.values()])).toEqual([0]);
  });

  it.each([
    ['given', undefined, 'acme'],
    ['unknown', undefined, DIRECT],
    ['refused', undefined, DIRECT],
    ['given', 'nobody', 'acme'],
    ['unknown', 'nobody', 'acme'],
    ['refused', 'nobody', DIRECT],
    ['given', 'everyone', 'acme'],
    ['unknown', 'everyone', undefined],
    ['refused', 'everyone', undefined],
  ] as const)('consent %s, needed for %s: it goes to %s', (consent, neededFor, to) => {
    const road = new Road({ acme: {} }, { ...toChannel, ...(neededFor && needed(neededFor)) });
    expect(road.to(lead({ consent }))).toBe(to);
  });

  it('decides as before of leads that were decided about before consent was looked at', () => {
    const road = new Road({ acme: {} }, { ...toChannel, ...needed('everyone') });
    const decision = road.route(lead({ consent: undefined }));
    expect(decision.data).toMatchObject({ to: 'acme' });
    expect(decision.data.decided).not.toHaveProperty('consent');
  });

  it('is offered to nobody, for that reason, where direct will not have it and partners could', () => {
    const nurture = { ...toChannel, offer: { then: 'nurture' as const } };
    expect(new Road({ acme: {} }, nurture).route(unknown).data).toMatchObject({
      ...{ reason: 'no-consent', then: 'nurture', refusedCounts: { 'no-consent': 1, 'no-share': 1 } },
    });
    // With nobody who could have it, consent is not what lacks.
    expect(new Road({ acme: { status: 'paused' } }, nurture).route(unknown).data).toMatchObject({
      reason: 'nobody-eligible',
    });
    const none = { promise: { direct: 100, channel: 0 }, offer: { then: 'nurture' as const } };
    const earlier = { pool: 'all', made: 1, refusedBy: [DIRECT], because: 'declined', paidBy: 'direct' } as const;
    expect(new Road({ acme: {} }, none).route({ ...unknown, earlier }).data).toMatchObject({
      reason: 'offers-exhausted',
    });
    expect(new Road({}, { ...none, ...needed('everyone') }).route(refused).data).toMatchObject({
      ...{ reason: 'no-consent', considered: [{ party: DIRECT, refusals: ['no-consent'] }] },
    });
  });

  it('does not go to the partner that claimed its account, nor to direct by a list where everyone needs consent', () => {
    const claimed = { id: 'claim-1', kind: 'deal-registration', partner: 'acme', from: 0 } as const;
    const road = new Road({ acme: {} }, { namedAccounts: { list: 'named', ceiling: 100 } });
    const account = { domain: 'siemens.com' };
    const protections = ProtectedAccounts.of(1, [{ ...claimed, account }]);
    const named = lead({ consent: 'unknown', facts: { companyDomain: 'siemens.com' } as never });
    const protectedRules = { ...road.rules, namedAccounts: new Map<string, NamedAccountList>(), protections };
    expect(routeLead(named, protectedRules, newState(), now).data).toMatchObject({
      ...{ to: DIRECT, protectedAccount: { partner: 'acme', refusals: ['no-consent'] } },
    });
    const everyone = new Road({ acme: {} }, { namedAccounts: { list: 'named', ceiling: 100 }, ...needed('everyone') });
    expect(everyone.route(named).data).toMatchObject({ reason: 'no-consent' });
  });

  it('ends the offers to partners when it is withdrawn, whoever is left', () => {
    const road = new Road({ acme: {}, bolt: {} }, toChannel);
    const first = road.route() as Routed;
    withdrawOffer(road.state, offerOf(first, lead()), road.rules.roster);
    const earlier = { pool: 'all', made: 1, refusedBy: [], because: 'consent-withdrawn', paidBy: null } as const;
    expect(road.route({ ...refused, earlier }).data).toMatchObject({ to: DIRECT, why: 'fallback', offer: 2 });
    const both = new Road({ acme: {} });
    expect(both.route({ ...refused, earlier }).data).toMatchObject({ to: DIRECT, why: 'consent-withdrawn', offer: 2 });
    expect(both.sums().every((sum) => sum === 0)).toBe(true);
  });
});

it('keeps its books whatever happens to offers: credits add up to nothing, places are never taken twice', () => {
  const partner = fc.record({
    weight: fc.integer({ min: 1, max: 100 }),
    caps: fc.record({ open: fc.nat(3), perDay: fc.nat(6) }),
    status: fc.constantFrom('active' as const, 'active' as const, 'paused' as const),
  });
  const what = fc.constantFrom('accept', 'refuse', 'return', 'override', 'won');
  fc.assert(
    fc.property(
      fc.array(partner, { maxLength: 6 }),
      fc.array(fc.tuple(what, fc.nat(5)), { maxLength: 120 }),
      (list, events) => {
        const road = new Road(Object.fromEntries(list.map((more, index) => [`p${index}`, more])), {
          namedAccounts: { list: 'named', ceiling: 30 },
        });
        const held: { offer: MadeOffer; made: number; refusedBy: string[] }[] = [];
        let at = now;
        const hold = (decision: ReturnType<Road['route']>, refusedBy: string[]) => {
          if (decision.outcome !== 'routed') return;
          expect(refusedBy).not.toContain(decision.data.to);
          held.push({ offer: offerOf(decision, lead()), made: decision.data.offer, refusedBy });
        };
        for (const [event, index] of events) {
          at += 3_600_000;
          const consent = index === 4 ? 'unknown' : 'given';
          hold(
            road.route(
              index === 0 ? lead({ facts: { companyDomain: 'siemens.com' } as never }) : lead({ consent }),
              at,
            ),
            [],
          );
          const each = event === 'accept' ? undefined : held.splice(index, 1)[0];
          if (each && event === 'won') freePlace(road.state, each.offer, road.rules.roster);
          if (each && event === 'return') returnLead(road.state, each.offer, road.rules.roster);
          if (each && event === 'override') {
            withdrawOffer(road.state, each.offer, road.rules.roster);
            const decision = overrideLead(lead(), DIRECT, each.made, road.rules, road.state, at);
            applyDecision(road.state, decision.change, road.rules.roster);
            held.push({ offer: offerOf(decision, lead()), made: decision.data.offer, refusedBy: each.refusedBy });
          }
          if (each && event === 'refuse') {
            refuseOffer(road.state, each.offer, road.rules.roster);
            const refusedBy = [...each.refusedBy, each.offer.party];
            const earlier = {
              pool: 'all',
              made: each.made,
              refusedBy,
              because: 'declined',
              paidBy: each.offer.paidBy,
            } as const;
            hold(road.route(lead({ earlier }), at), refusedBy);
          }
          expect(road.sums().every((sum) => sum === 0)).toBe(true);
          list.forEach(({ caps }, position) => {
            const open = held.filter(({ offer }) => offer.party === `p${position}`).length;
            expect(road.state.loads.of(`p${position}`).open).toBe(open);
            expect(open).toBeLessThanOrEqual(caps.open);
            expect(road.state.loads.of(`p${position}`).today).toBeLessThanOrEqual(caps.perDay);
          });
        }
      },
    ),
  );
});
