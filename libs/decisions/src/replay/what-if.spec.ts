import { derivedId, type FairleadEvent } from '@fairlead/events';
import { NamedAccountList } from '../route/named-account-list.js';
import { type PolicyDocument, policyOf } from '../route/policy.js';
import { ProtectedAccounts } from '../route/protected-accounts.js';
import { type Partner, partnerOf, Roster } from '../route/roster.js';
import { type RoutableLead, routeLead, type Rules } from '../route/route-lead.js';
import { applyDecision, freePlace, newRoutingState, note, refuseOffer } from '../route/routing-state.js';
import { type PointsDocument, modelOf } from '../score/model.js';
import { scoreLead } from '../score/score-lead.js';
import { contentHash } from '../document/content-hash.js';
import { type Otherwise, WhatIf } from './what-if.js';

const now = Date.UTC(2026, 0, 15, 12);
const TIME = '2026-01-15T12:00:00.000Z';
const pool = { id: 'all', match: {}, promise: { direct: 40, channel: 60 }, offer: { maxOffers: 3, then: 'nurture' } };
const document = { name: 'p', pools: [pool] } as PolicyDocument;
const withPool = (change: object) => ({ name: 'p', pools: [{ ...pool, ...change }] }) as PolicyDocument;
const modelDocument: PointsDocument = {
  kind: 'points',
  name: 'm',
  fit: { atMost: 60, factors: [{ field: 'employees', bands: [{ below: 100, points: 10 }, { points: 50 }] }] },
  engagement: { atMost: 40, factors: [] },
  grades: { A: 60, B: 40, C: 20 },
  notQualified: [{ all: [{ field: 'industry', is: ['school'] }], reason: 'a school' }],
};
const partnerDocuments = ['acme', 'bolt', 'coil'].map(
  (id) => [id, { name: id, tier: 'gold', caps: { open: 20 } }] as const,
);
const partners = partnerDocuments.map(([id, each]) => partnerOf(id, each));

const said = { count: 0 };
function event(type: string, subject: string, data: object): FairleadEvent {
  said.count += 1;
  return { id: `event-${said.count}`, type, subject, data, time: TIME } as FairleadEvent;
}

/** What services would have said of so many leads, the answers among it. Every tenth is a school. */
function logOf(leads: number, written = document): FairleadEvent[] {
  const policy = policyOf(written, 1);
  const model = modelOf(modelDocument, 1);
  const roster = new Roster(partners);
  const rules: Rules = { policy, roster, namedAccounts: new Map(), protections: ProtectedAccounts.of(0, []) };
  const log = partnerDocuments.map(([id, partner], index) =>
    event('roster.changed', id, {
      partner: { id, ...partner },
      hash: new Roster(partners.slice(0, index + 1)).hash,
    }),
  );
  log.push(event('policy.activated', 'p', { name: 'p', version: 1, hash: policy.hash, policy: written }));
  log.push(event('model.activated', 'm', { name: 'm', version: 1, hash: model.hash, model: modelDocument }));
  const state = newRoutingState();
  for (let index = 0; index < leads; index++) {
    const id = `lead-${index}`;
    const facts = {
      companyDomain: `company-${index}.com`,
      industry: index % 10 === 9 ? 'school' : 'steel',
      employees: index % 2 === 0 ? 10 : 500,
      engagement: {},
      attributes: {},
    };
    const reachable = { email: true, phone: false };
    log.push(event('lead.received', id, { sourceId: 'web', state: 'complete', missing: [], reachable, facts }));
    const score = scoreLead({ facts, reachable, missing: [] }, model, now);
    log.push(event('lead.scored', id, { ...score, sourceId: 'web', facts, reachable }));
    const lead: RoutableLead = { ...score, sourceId: 'web', facts, model: model.hash, consent: undefined };
    const decision = routeLead(lead, rules, state, now + index);
    applyDecision(state, decision.change, roster);
    log.push(event(`lead.${decision.outcome}`, id, decision.data));
    if (decision.outcome !== 'routed') continue;
    const { to: party, offer } = decision.data;
    const { pool: made, quality } = decision.change;
    if (index % 3 === 0) {
      log.push(event('lead.declined', id, { party, offer }));
      refuseOffer(state, { pool: made, quality, party, paidBy: decision.paidBy }, roster);
      const earlier = {
        pool: made,
        made: offer,
        refusedBy: [party],
        because: 'declined',
        paidBy: decision.paidBy,
      } as const;
      const next = routeLead({ ...lead, earlier }, rules, state, now + index);
      applyDecision(state, next.change, roster);
      log.push(event(`lead.${next.outcome}`, id, next.data));
    } else {
      const answer = event(index % 4 === 0 ? 'lead.lost' : 'lead.won', id, { party, offer });
      log.push(event('lead.accepted', id, { party, offer }), answer);
      freePlace(state, { pool: made, quality, party, paidBy: decision.paidBy }, roster);
      note(state, answer.id);
    }
  }
  return log;
}

function whatIf(log: readonly FairleadEvent[], otherwise: Otherwise) {
  const found = new WhatIf(otherwise);
  for (const each of log) found.read(each);
  return found.end();
}

const modelWith = (change: Partial<PointsDocument>) => modelOf({ ...modelDocument, ...change }, 2);
const roster = (...changes: readonly [string, Partner | null][]) => new Map(changes);

describe('what if', () => {
  const log = logOf(200);
  const decisions = log.filter(({ type }) => type === 'lead.routed' || type === 'lead.unroutable').length;

  it('the same had been in force, nothing changes, whichever of them is put in and however many', () => {
    const same = { policy: policyOf(document, 9), model: modelOf(modelDocument, 9) };
    const sameRoster = roster(...partners.map((partner): [string, Partner] => [partner.id, partner]));
    for (const otherwise of [
      { policy: same.policy },
      { model: same.model },
      { partners: sameRoster },
      { ...same, partners: sameRoster },
    ])
      expect(whatIf(log, otherwise)).toMatchObject({
        ...{ decisions, leads: 200, changed: 0, different: [], causes: {}, undecidable: 0, byOtherEngines: 0 },
        ...{ newlyOffered: 0, noLongerOffered: 0, notDecided: { held: 0, notScored: 0, notRouted: 0 } },
        fates: { offered: { was: 180, now: 180 }, nurture: { was: 20, now: 20 }, nobody: { was: 0, now: 0 } },
      });
  });

  it('one number of the policy had been another, exactly the leads that go elsewhere are listed', () => {
    const policy = policyOf(withPool({ promise: { direct: 41, channel: 59 } }), 2);
    const { different, changed, changedLeads, causes } = whatIf(log, { policy });
    expect(changed).toBeGreaterThan(0);
    expect(different).toHaveLength(changed);
    expect(causes).toEqual({ policy: changed });
    expect(different.every(({ was, now: then, cause }) => was !== then && cause === 'policy')).toBe(true);
    // What the same router decides live under the other number, is what is said here.
    const live = new Map<string, string[]>();
    const parties = (events: readonly FairleadEvent[]) => {
      const byLead = new Map<string, string[]>();
      for (const { type, subject, data } of events)
        if (type === 'lead.routed')
          byLead.set(subject, [...(byLead.get(subject) ?? []), String((data as { to: string }).to)]);
      return byLead;
    };
    const [was, would] = [parties(log), parties(logOf(200, withPool({ promise: { direct: 41, channel: 59 } })))];
    for (const [lead, each] of was) if (String(each) !== String(would.get(lead))) live.set(lead, each);
    expect([...live.keys()].sort()).toEqual([...new Set(different.map(({ leadId }) => leadId))].sort());
    expect(changedLeads).toBe(live.size);
  });

  it('another model had scored, grades change, routing sees them, and leads that were nobody’s are offered', () => {
    const { grades, changed, causes, newlyOffered, fates, shares } = whatIf(log, {
      model: modelWith({ grades: { A: 50, B: 40, C: 5 }, notQualified: [] }),
    });
    expect(grades).toEqual([
      { was: 'B', now: 'A', leads: 80 },
      { was: 'D', now: 'C', leads: 100 },
      { was: 'not-qualified', now: 'A', leads: 20 },
    ]);
    expect(newlyOffered).toBe(20);
    expect(causes).toEqual({ model: changed });
    expect(fates).toMatchObject({ offered: { was: 180, now: 200 }, nurture: { was: 20, now: 0 } });
    const sum = (side: 'was' | 'now') => shares.reduce((total, share) => total + share[side], 0);
    expect([sum('was'), sum('now')]).toEqual([decisions, decisions]);
  });

  it('a partner had not been there, nobody gives it a lead, and a new one takes its part', () => {
    const without = whatIf(log, { partners: roster(['bolt', null]) });
    expect(without.with).toEqual({ partners: { changed: 0, removed: 1 } });
    expect(without.shares.filter(({ party, now: then }) => party === 'bolt' && then > 0)).toEqual([]);
    expect(without.different.every(({ cause }) => cause === 'roster')).toBe(true);
    const dune = partnerOf('dune', { name: 'Dune', tier: 'gold' });
    const more = whatIf(log, { partners: roster(['dune', dune]) });
    expect(more.shares.some(({ party, was, now: then }) => party === 'dune' && was === 0 && then > 10)).toBe(true);
  });

  it('several things had been otherwise, each change is put down to the fewest that explain it', () => {
    const policy = policyOf(withPool({ promise: { direct: 90, channel: 10 } }), 2);
    const model = modelWith({ notQualified: [] });
    const { causes, changed } = whatIf(log, { policy, model, partners: roster(['bolt', null]) });
    expect(Object.values(causes).reduce((one, other) => one + other, 0)).toBe(changed);
    expect(Object.keys(causes)).toEqual(expect.arrayContaining(['model', 'policy', 'roster']));
  });

  // Whoever had won a lead that goes to nobody under the other rules was taken for an answer that the log lacks, and everything
  // after it was not decided.
  it('a lead had been nobody’s that was won, the rest is decided all the same', () => {
    const model = modelWith({ notQualified: [{ all: [{ field: 'industry', known: true }], reason: 'anything' }] });
    const { undecidable, fates, noLongerOffered } = whatIf(log, { model });
    expect(undecidable).toBe(0);
    expect(fates).toMatchObject({ offered: { now: 0 }, nurture: { now: 200 } });
    expect(noLongerOffered).toBe(180);
  });

  it('a partner had room for one lead, what nobody could have answered does not keep its place for ever', () => {
    const one = partnerOf('acme', { name: 'acme', tier: 'gold', caps: { open: 1 } });
    const policy = policyOf(withPool({ promise: { direct: 0, channel: 100 } }), 2);
    const schools = log.filter(({ type, subject }) => !type.startsWith('lead.') || /9$/.test(subject));
    // Schools alone, so that their decisions follow one another.
    const renumbered = schools.map((each) => {
      const { decided } = each.data as { decided?: { step: number } };
      if (!decided) return each;
      const step = schools.filter(({ type }) => type === 'lead.unroutable').indexOf(each) + 1;
      return { ...each, data: { ...(each.data as object), decided: { ...decided, step, noted: [] } } };
    });
    const only = roster(['acme', one], ['bolt', null], ['coil', null]);
    expect(whatIf(renumbered, { policy, model: modelWith({ notQualified: [] }), partners: only })).toMatchObject({
      undecidable: 0,
      newlyOffered: 20,
      fates: { offered: { now: 20 } },
    });
  });

  // Of a lead that a partner had already, when the record first found somebody for it, it was said that it would be nobody's.
  it('a lead had been offered before the record found anybody for it, whoever has it then is named, and counted once', () => {
    const written = withPool({ consent: { neededFor: 'everyone' }, promise: { direct: 100, channel: 0 } });
    const rules = { policy: policyOf(written, 1), roster: new Roster(partners), namedAccounts: new Map() };
    const state = newRoutingState();
    const decided = (scored: FairleadEvent, step: number) => {
      const lead = { ...(scored.data as RoutableLead), model: '-' };
      const decision = routeLead(lead, { ...rules, protections: ProtectedAccounts.of(0, []) }, state, now + step);
      applyDecision(state, decision.change, rules.roster);
      const type = `lead.${decision.outcome}`;
      return { ...event(type, scored.subject, decision.data), id: derivedId(scored.id, type) };
    };
    const scored = (consent: RoutableLead['consent']) =>
      event('lead.scored', 'agrees', {
        ...{ state: 'graded', grade: 'B', sourceId: 'web', model: { hash: '-' }, consent },
        facts: { engagement: {}, attributes: {} },
      });
    const [first, agreed] = [scored('unknown'), scored('given')];
    const told = [...logOf(0, written), first, decided(first, 1), agreed, decided(agreed, 2)];
    expect(told.slice(-3).map(({ type }) => type)).toEqual(['lead.unroutable', 'lead.scored', 'lead.routed']);
    const policy = policyOf(withPool({ consent: { neededFor: 'nobody' }, promise: { direct: 0, channel: 100 } }), 2);
    const found = whatIf(told, { policy, partners: roster(['bolt', null], ['coil', null]) });
    expect(found).toMatchObject({ decisions: 2, changed: 2, changedLeads: 1, causes: { policy: 2 }, undecidable: 0 });
    expect(found.different.map(({ was, now: then }) => [was, then])).toEqual([
      [null, 'acme'],
      ['direct', 'acme'],
    ]);
    expect(found.shares).toEqual([
      { grade: 'B', party: null, was: 1, now: 1 },
      { grade: 'B', party: 'acme', was: 0, now: 1 },
      { grade: 'B', party: 'direct', was: 1, now: 0 },
    ]);
  });

  it('a list reserved accounts that nobody reserved by, it is the list of that time', () => {
    const entries = Array.from({ length: 200 }, (_, index) => ({
      domain: `company-${index}.com`,
      owner: 'ops',
      from: 0,
    }));
    const list = { owner: 'ops', entries };
    const told = event('named-accounts.changed', 'l', {
      ...{ name: 'l', version: 1, hash: contentHash(list), owner: 'ops' },
      ...{ chunks: 0, count: entries.length, entries },
    });
    expect(new NamedAccountList('l', 1, list).hash).toBe(contentHash(list));
    const policy = policyOf(withPool({ namedAccounts: { list: 'l', ceiling: 100 } }), 2);
    const direct = (events: readonly FairleadEvent[]) =>
      whatIf(events, { policy }).shares.reduce((sum, { party, now: then }) => sum + (party === 'direct' ? then : 0), 0);
    expect(direct([told, ...log])).toBeGreaterThanOrEqual(180);
    // A list of tomorrow reserves nothing today.
    expect(direct([{ ...told, time: '2026-02-01T00:00:00.000Z' }, ...log])).toBe(direct(log));
  });

  it('a lead still waits for something, it is counted and not decided', () => {
    const received = log.find(({ type }) => type === 'lead.received') as FairleadEvent;
    const held = { ...received, subject: 'held', data: { ...(received.data as object), state: 'held' } };
    const fresh = { ...received, subject: 'fresh' };
    const { notDecided, leads } = whatIf([...log, held, fresh], { model: modelOf(modelDocument, 1) });
    expect([leads, notDecided]).toEqual([200, { held: 1, notScored: 1, notRouted: 0 }]);
  });

  it('the log does not say how a lead came in, another model is not guessed at', () => {
    const at = log.findIndex(({ type }) => type === 'lead.received');
    const { undecidable, undecidableBecause } = whatIf(log.toSpliced(at, 1), { model: modelOf(modelDocument, 1) });
    expect(undecidable).toBe(decisions);
    expect(undecidableBecause).toBe('lead lead-0: the log does not say how the lead was scored');
  });

  it('estimates outcomes beside what is exact, and says that they are estimates', () => {
    const policy = policyOf(withPool({ promise: { direct: 90, channel: 10 } }), 2);
    const { estimates } = whatIf(log, { policy });
    expect(estimates.method).toMatch(/Wilson .* MOVER/);
    const { won } = estimates;
    expect(won.observed).toBe(log.filter(({ type }) => type === 'lead.won').length);
    // Of a win that was taken back nothing is observed any more.
    const first = log.findIndex(({ type }) => type === 'lead.won');
    const { subject, data } = log[first] as FairleadEvent<string, { party: string; offer: number }>;
    const correction = event('lead.amended', subject, { ...data, was: { type: 'won', at: 1 } });
    expect(whatIf(log.toSpliced(first + 1, 0, correction), { policy }).estimates.won.observed).toBe(won.observed - 1);
    if ('suppressed' in won) throw new Error(won.suppressed);
    expect(won.was.low).toBeLessThan(won.was.expected);
    expect(won.now.expected - won.was.expected).toBeCloseTo(won.difference.expected, 6);
    expect(whatIf(logOf(20), { policy }).estimates.won).toEqual({
      observed: expect.any(Number) as number,
      suppressed: expect.stringMatching(/^The log has too few outcomes: /) as string,
    });
  });
});
