import { derivedId, type FairleadEvent } from '@fairlead/events';
import type { NamedAccountList } from '../route/named-account-list.js';
import { policyOf } from '../route/policy.js';
import { ProtectedAccounts } from '../route/protected-accounts.js';
import { partnerOf, Roster } from '../route/roster.js';
import { type RoutableLead, routeLead, type RoutingDecision, type Rules } from '../route/route-lead.js';
import {
  applyDecision,
  freePlace,
  newRoutingState,
  note,
  refuseOffer,
  returnLead,
  withdrawOffer,
} from '../route/routing-state.js';
import { RoutingReplay } from './replay-routing.js';
import { RuleHistory } from './rule-history.js';

const now = Date.UTC(2026, 0, 15, 12);
const document = {
  name: 'p',
  pools: [{ id: 'all', match: {}, promise: { direct: 40, channel: 60 }, offer: { maxOffers: 3 } }],
};
const partners = ['acme', 'bolt', 'coil'].map((id) => [id, { name: id, tier: 'gold', caps: { open: 4 } }] as const);
const policy = policyOf(document, 1);
const roster = new Roster(partners.map(([id, partner]) => partnerOf(id, partner)));
const rules: Rules = {
  policy,
  roster,
  namedAccounts: new Map<string, NamedAccountList>(),
  protections: ProtectedAccounts.of(0, []),
};

const said = { count: 0 };
function event(type: string, subject: string, data: object): FairleadEvent {
  said.count += 1;
  return { id: `event-${said.count}`, type, subject, data, time: '2026-01-15T12:00:00.000Z' } as FairleadEvent;
}

/** What a router would have said, and what it was told, in an order in which it could have happened. */
function logOf(leads: number): FairleadEvent[] {
  const log: FairleadEvent[] = [];
  partners.reduce(
    (before, [id, partner]) => {
      const all = [...before, partnerOf(id, partner)];
      log.push(event('roster.changed', id, { partner: { id, ...partner }, hash: new Roster(all).hash }));
      return all;
    },
    [] as ReturnType<typeof partnerOf>[],
  );
  log.push(event('policy.activated', 'p', { name: 'p', version: 1, hash: policy.hash, policy: document }));
  const state = newRoutingState();
  for (let index = 0; index < leads; index++) {
    const id = `lead-${index}`;
    const facts = { engagement: {}, attributes: {} };
    const lead: RoutableLead = {
      ...{ state: 'graded', grade: 'B', sourceId: 'web', model: 'f'.repeat(64), facts },
      consent: undefined,
    };
    log.push(event('lead.scored', id, { ...lead, model: { hash: lead.model } }));
    const decision = routeLead(lead, rules, state, now + index);
    applyDecision(state, decision.change, roster);
    log.push(event(`lead.${decision.outcome}`, id, decision.data));
    if (decision.outcome !== 'routed') continue;
    const { to: party, offer } = decision.data;
    const made = { pool: 'all', quality: 'B', party, paidBy: decision.paidBy } as const;
    if (index % 3 === 0) {
      log.push(event('lead.declined', id, { party, offer }));
      refuseOffer(state, made, roster);
      const earlier = {
        pool: 'all',
        made: offer,
        refusedBy: [party],
        because: 'declined',
        paidBy: decision.paidBy,
      } as const;
      const next = routeLead({ ...lead, earlier }, rules, state, now + index);
      applyDecision(state, next.change, roster);
      log.push(event(`lead.${next.outcome}`, id, next.data));
    } else if (index % 5 !== 0) {
      const won = event('lead.won', id, { party, offer });
      log.push(won);
      freePlace(state, made, roster);
      note(state, won.id);
    }
  }
  return log;
}

/**
 * Leads that were worth nothing at first and were judged again, twice: once no better. What follows from a score says so by its
 * id, whatever else is between the two.
 */
function logOfSecondThoughts(leads: number): FairleadEvent[] {
  const log = logOf(0);
  const state = newRoutingState();
  const facts = { engagement: {}, attributes: {} };
  const judged = (id: string, lead: RoutableLead) =>
    event('lead.scored', id, { ...lead, model: { hash: lead.model }, cause: 'engaged' });
  for (let index = 0; index < leads; index++) {
    const id = `lead-${index}`;
    const more = { sourceId: 'web', model: 'f'.repeat(64), facts, consent: undefined };
    const worthless = { state: 'not-qualified', grade: null, ...more } as const;
    const better = {
      ...worthless,
      state: 'graded',
      grade: 'C',
      facts: { ...facts, engagement: { demo: index } },
    } as const;
    const [first, second, third] = [judged(id, worthless), judged(id, worthless), judged(id, better)];
    const decide = (cause: FairleadEvent, lead: RoutableLead) => {
      const decision = routeLead(lead, rules, state, now + index);
      applyDecision(state, decision.change, roster);
      const type = `lead.${decision.outcome}`;
      return { ...event(type, id, decision.data), id: derivedId(cause.id, type) };
    };
    const [nobody, somebody] = [decide(first, worthless), decide(third, better)];
    // Scores do not wait for routing.
    const order = [
      [first, nobody, second, third],
      [first, second, nobody, third],
      [first, second, third, nobody],
    ];
    log.push(...(order[index % 3] as FairleadEvent[]), somebody);
    // And somebody has it: it stays where it is.
    if (index % 2) log.push(judged(id, { ...better, grade: 'A' }));
  }
  return log;
}

/**
 * Leads whose consent comes and goes: one that waits for it and goes to a partner, and one whose partner loses it before it has
 * answered. What a decision did not look at, since it was told later, stands before it in the log now and then.
 */
function logOfConsents(leads: number): FairleadEvent[] {
  const log = logOf(0);
  const state = newRoutingState();
  const lead: RoutableLead = {
    ...{ state: 'graded', grade: 'B', sourceId: 'web', model: 'f'.repeat(64), consent: 'unknown' },
    facts: { engagement: {}, attributes: {} },
  };
  const told = (id: string, consent?: RoutableLead['consent']) =>
    event('lead.scored', id, { ...lead, model: { hash: lead.model }, consent });
  const decide = (cause: FairleadEvent, decided: RoutableLead) => {
    const decision = routeLead(decided, rules, state, now);
    applyDecision(state, decision.change, roster);
    const type = `lead.${decision.outcome}`;
    return { decision, event: { ...event(type, cause.subject, decision.data), id: derivedId(cause.id, type) } };
  };
  const offer = (decision: RoutingDecision) => ({ pool: 'all', quality: 'B', ...offerIn(decision) }) as const;
  for (let index = 0; index < leads; index++) {
    // Direct declines what nobody else may have; then the person agrees.
    const waits = `waits-${index}`;
    const [first, agreed] = [told(waits, index % 2 ? 'unknown' : undefined), told(waits, 'given')];
    const toDirect = decide(first, { ...lead, consent: 'unknown' });
    const declined = event('lead.declined', waits, offerIn(toDirect.decision));
    refuseOffer(state, offer(toDirect.decision), roster);
    const refusedBy = ['direct'];
    const { paidBy } = toDirect.decision as { paidBy: 'direct' };
    const nobody = decide(declined, {
      ...lead,
      earlier: { pool: 'all', made: 1, refusedBy, because: 'declined', paidBy },
    });
    const earlier = { pool: 'all', made: 1, refusedBy, because: 'consent-given', paidBy: null } as const;
    const somebody = decide(agreed, { ...lead, consent: 'given', earlier });
    log.push(first, toDirect.event, declined);
    log.push(...(index % 3 ? [nobody.event, agreed] : [agreed, nobody.event]), somebody.event);

    // Declined before the consent was withdrawn, and offered on by what was known then.
    const goesOn = `goes-on-${index}`;
    const [agreedAtFirst, withdrawn] = [told(goesOn, 'given'), told(goesOn, 'refused')];
    const one = decide(agreedAtFirst, { ...lead, consent: 'given' });
    const turnedDown = event('lead.declined', goesOn, offerIn(one.decision));
    refuseOffer(state, offer(one.decision), roster);
    const by = { refusedBy: [offerIn(one.decision).party], paidBy: offerIn(one.decision).paidBy };
    const next = decide(turnedDown, {
      ...lead,
      consent: 'given',
      earlier: { pool: 'all', made: 1, because: 'declined', ...by },
    });
    log.push(agreedAtFirst, one.event, turnedDown, ...(index % 2 ? [next.event, withdrawn] : [withdrawn, next.event]));
    if (next.decision.outcome === 'routed' && next.decision.data.to !== 'direct') {
      withdrawOffer(state, offer(next.decision), roster);
      const lost = { ...by, pool: 'all', made: 2, because: 'consent-withdrawn', paidBy: null } as const;
      log.push(decide(withdrawn, { ...lead, consent: 'refused', earlier: lost }).event);
    }

    const loses = `loses-${index}`;
    const [given, refused, again] = [told(loses, 'given'), told(loses, 'refused'), told(loses, 'refused')];
    const had = decide(given, { ...lead, consent: 'given' });
    log.push(given);
    if (offerIn(had.decision).party === 'direct') {
      log.push(had.event);
      continue;
    }
    withdrawOffer(state, offer(had.decision), roster);
    const taken = { pool: 'all', made: 1, refusedBy: [], because: 'consent-withdrawn', paidBy: null } as const;
    const after = decide(refused, { ...lead, consent: 'refused', earlier: taken });
    log.push(...(index % 3 ? [had.event, refused] : [refused, had.event]), again, after.event);
  }
  return log;
}

/**
 * Leads that are returned and offered again until nobody is left, judged anew before or after the return, or not at all; declined now
 * and then by whoever gets them. A party's answer to the next offer stands in the log wherever it can.
 */
function logOfReturns(leads: number): FairleadEvent[] {
  const log = logOf(0);
  const state = newRoutingState();
  const first: RoutableLead = {
    ...{ state: 'graded', grade: 'B', sourceId: 'web', model: 'f'.repeat(64), consent: 'given' },
    facts: { engagement: {}, attributes: {} },
  };
  const told = (id: string, lead: RoutableLead) =>
    event('lead.scored', id, { ...lead, model: { hash: lead.model }, cause: 'merged' });
  const decide = (cause: FairleadEvent, lead: RoutableLead) => {
    const decision = routeLead(lead, rules, state, now);
    applyDecision(state, decision.change, roster);
    const type = `lead.${decision.outcome}`;
    return { decision, event: { ...event(type, cause.subject, decision.data), id: derivedId(cause.id, type) } };
  };
  for (let index = 0; index < leads; index++) {
    const id = `lead-${index}`;
    let [lead, judged, refusedBy, recycledAfter] = [first, first, [] as string[], 0];
    const scored = told(id, lead);
    log.push(scored);
    let { decision, event: said } = decide(scored, lead);
    log.push(said);
    for (let round = 0; decision.outcome === 'routed'; round++) {
      const { party, offer, paidBy } = offerIn(decision);
      const made = { pool: 'all', quality: lead.grade ?? 'incomplete', party, paidBy } as const;
      const earlier = () => ({ pool: 'all', made: offer, refusedBy, ...(recycledAfter > 0 && { recycledAfter }) });
      // Rather at some rounds than at others, so that offers of a round run out, too.
      const isDeclined = (index + round) % 3 === 2;
      if (isDeclined) {
        const declined = event('lead.declined', id, { party, offer });
        log.push(declined);
        refuseOffer(state, made, roster);
        refusedBy = [...refusedBy, party];
        ({ decision, event: said } = decide(declined, {
          ...lead,
          earlier: { ...earlier(), because: 'declined', paidBy },
        }));
        log.push(said);
        continue;
      }
      judged =
        index % 2 ? { ...first, grade: round % 2 ? 'C' : 'A', facts: { ...first.facts, city: `${round}` } } : judged;
      const again = told(id, judged);
      const returned = event('lead.returned', id, { party, offer });
      const recycled = event('lead.recycled', id, { party, offer });
      // Whoever returns what it has accepted; what it is judged meanwhile is known when it is offered again.
      log.push(event('lead.accepted', id, { party, offer }));
      log.push(...(index % 2 === 0 ? [returned] : index % 4 === 1 ? [returned, again] : [again, returned]), recycled);
      returnLead(state, made, roster);
      note(state, returned.id);
      refusedBy = [...refusedBy, party];
      [lead, recycledAfter] = [judged, offer];
      ({ decision, event: said } = decide(recycled, {
        ...lead,
        earlier: { ...earlier(), because: 'recycled', paidBy: null },
      }));
      log.push(said);
    }
  }
  return log;
}

function offerIn(decision: RoutingDecision) {
  if (decision.outcome !== 'routed') throw new Error('nobody has it');
  return { party: decision.data.to, offer: decision.data.offer, paidBy: decision.paidBy };
}

type Judged = { readonly facts: object };
type Decided = { readonly data: { readonly decided: { readonly step: number } } };

function isRule({ type }: FairleadEvent): boolean {
  return type === 'roster.changed' || type === 'policy.activated';
}

/** What would have come of another promise, in place of the one in force. */
function decidedElsewise(log: readonly FairleadEvent[], direct: number) {
  const other = policyOf(
    { ...document, pools: [{ ...document.pools[0], promise: { direct, channel: 100 - direct } }] } as never,
    2,
  );
  const changed: string[] = [];
  let decisions = 0;
  const history = new RuleHistory();
  const replay = new RoutingReplay<undefined>(
    history,
    ({ recorded, ...outcome }) => {
      decisions += 1;
      const was = recorded.type === 'lead.routed' ? recorded.data.to : null;
      const data = 'again' in outcome ? outcome.again.data : {};
      const now = 'to' in data ? String(data.to) : null;
      if (was !== now) changed.push(`${recorded.subject}: ${was} → ${now}`);
    },
    (rules) => ({ ...rules, policy: other }),
  );
  for (const each of log) {
    history.read(each);
    replay.read(each, undefined);
  }
  replay.end();
  return { decisions, changed };
}

function replayed(log: readonly FairleadEvent[]): { same: number; different: number; undecidable: string[] } {
  const { notedAgain, ...found } = replayedWithNotes(log);
  expect(notedAgain).toEqual([]);
  return found;
}

function replayedWithNotes(log: readonly FairleadEvent[]) {
  const found = { same: 0, different: 0, undecidable: [] as string[] };
  const history = new RuleHistory();
  const replay = new RoutingReplay<undefined>(history, ({ recorded, ...outcome }) => {
    if ('undecidable' in outcome) found.undecidable.push(outcome.undecidable);
    else if (JSON.stringify(outcome.again.data) === JSON.stringify(recorded.data)) found.same += 1;
    else found.different += 1;
  });
  for (const each of log) {
    history.read(each);
    replay.read(each, undefined);
  }
  replay.end();
  return { ...found, notedAgain: replay.notedAgain.map(({ undecidable }) => undecidable) };
}

describe('replaying the routing of a log', () => {
  const log = logOf(200);
  const decisions = log.filter(({ type }) => type === 'lead.routed' || type === 'lead.unroutable').length;

  it('comes to the same, whatever the order in which events of different leads are read', () => {
    expect(replayed(log)).toEqual({ same: decisions, different: 0, undecidable: [] });
    // Leads by their partition, one partition after the other.
    const partition = ({ subject }: FairleadEvent) => Number(subject.split('-')[1] ?? 7) % 7;
    const sorted = log.toSorted((one, other) => partition(one) - partition(other));
    expect(replayed(sorted)).toEqual({ same: decisions, different: 0, undecidable: [] });
  });

  it('comes to the same of leads that were judged better after they went to nobody', () => {
    const again = logOfSecondThoughts(30);
    expect(replayed(again)).toEqual({ same: 60, different: 0, undecidable: [] });
    const decided = decidedElsewise(again, 100);
    expect([decided.decisions, decided.changed.length > 0]).toEqual([60, true]);
    // The score that the second decision of a lead follows from.
    const at = again.findLastIndex(
      ({ type, data }) => type === 'lead.scored' && (data as { grade: string }).grade === 'C',
    );
    expect(replayed(again.toSpliced(at, 1)).undecidable).toEqual(['the log does not say how the lead was scored']);
  });

  it('comes to the same of leads whose consent came, or was withdrawn, and tells where the log says otherwise', () => {
    const consents = logOfConsents(12);
    const made = consents.filter(({ type }) => type === 'lead.routed' || type === 'lead.unroutable').length;
    expect(made).toBeGreaterThan(40);
    expect(replayed(consents)).toEqual({ same: made, different: 0, undecidable: [] });
    const told = (consent: string) =>
      consents.findIndex(
        ({ type, data }) => type === 'lead.scored' && (data as { consent?: string }).consent === consent,
      );
    // A router that took a refusal for a consent, or the other way round.
    const at = told('given');
    const changed = consents.with(at, {
      ...consents[at],
      data: { ...(consents[at]?.data as object), consent: 'refused' },
    } as FairleadEvent);
    expect(replayed(changed).different).toBeGreaterThan(0);
    expect(replayed(consents.toSpliced(at, 1)).undecidable[0]).toMatch(/^the log does not say how/);
  });

  it('comes to the same of leads that were returned and offered again, and never gives one back to whoever refused it', () => {
    const returns = logOfReturns(24);
    const made = returns.filter(({ type }) => type === 'lead.routed' || type === 'lead.unroutable');
    expect(made.filter(({ data }) => (data as { why?: string }).why === 'recycled').length).toBeGreaterThan(24);
    expect(replayed(returns)).toEqual({ same: made.length, different: 0, undecidable: [] });
    // Leads by their partition, one partition after the other: answers to an offer are read before what the offer follows from.
    const partition = ({ subject }: FairleadEvent) => Number(subject.split('-')[1] ?? -1) % 5;
    const sorted = returns.toSorted((one, other) => partition(other) - partition(one));
    const rulesFirst = sorted.toSorted((one, other) => Number(isRule(other)) - Number(isRule(one)));
    expect(replayed(rulesFirst)).toEqual({ same: made.length, different: 0, undecidable: [] });
    // All that was said before all that was decided upon it.
    const told = rulesFirst.toSorted((one, other) => Number(made.includes(one)) - Number(made.includes(other)));
    expect(replayed(told)).toEqual({ same: made.length, different: 0, undecidable: [] });

    for (const [, offers] of Map.groupBy(made, ({ subject }) => subject)) {
      const to = offers.flatMap(({ data }) => (data as { to?: string }).to ?? []);
      expect(new Set(to).size).toBe(to.length);
      expect(offers.at(-1)?.type).toBe('lead.unroutable');
    }
    // Whoever leaves the word out by which it was offered again cannot account for the offer.
    const at = returns.findIndex(({ type }) => type === 'lead.recycled');
    expect(replayed(returns.toSpliced(at, 1)).undecidable[0]).toMatch(/^the log does not say how offer \d ended$/);
    // And whoever decided by what it was judged at first is found out.
    const rescored = returns.findIndex(({ type, data }) => type === 'lead.scored' && 'city' in (data as Judged).facts);
    expect(replayed(returns.toSpliced(rescored, 1)).different).toBeGreaterThan(0);
  });

  it('says of another policy what would come of returned leads, and of the same one that nothing changes', () => {
    const returns = logOfReturns(24);
    const { decisions: all, changed } = decidedElsewise(returns, 40);
    expect([all > 60, changed]).toEqual([true, []]);
    expect(decidedElsewise(returns, 100).changed.length).toBeGreaterThan(0);
  });

  it('says of another policy what would come of each consent', () => {
    const { decisions: all, changed } = decidedElsewise(logOfConsents(12), 40);
    expect([all > 40, changed]).toEqual([true, []]);
  });

  it('tells a decision that was changed', () => {
    const at = log.findIndex(({ type, data }) => type === 'lead.routed' && (data as { to: string }).to === 'acme');
    const changed = log.with(at, { ...log[at], data: { ...(log[at]?.data as object), to: 'bolt' } } as FairleadEvent);
    expect(replayed(changed)).toEqual({ same: decisions - 1, different: 1, undecidable: [] });
  });

  it('says what another policy would have decided, and of the same one that nothing changes', () => {
    expect(decidedElsewise(log, 40)).toEqual({ decisions, changed: [] });
    const { decisions: all, changed } = decidedElsewise(log, 45);
    expect(all).toBe(decisions);
    expect(changed.length).toBeGreaterThan(0);
    const toDirect = (direct: number) =>
      decidedElsewise(log, direct).changed.filter((each) => each.endsWith('→ direct')).length;
    expect(toDirect(100)).toBeGreaterThan(toDirect(45));
  });

  it('says once what is missing, and decides nothing that follows from it', () => {
    const at = log.findIndex(({ type }) => type === 'lead.routed');
    const [, ...rest] = Array.from({ length: decisions - 1 }, () => 'it follows a gap: the log lacks steps 1 to 1');
    expect(replayed(log.toSpliced(at, 1))).toEqual({
      same: 0,
      different: 0,
      undecidable: ['the log lacks steps 1 to 1', ...rest],
    });
    const won = log.findIndex(({ type }) => type === 'lead.won');
    const { same, different, undecidable } = replayed(log.toSpliced(won, 1));
    expect({ different, all: same + undecidable.length }).toEqual({ different: 0, all: decisions });
    expect(undecidable[0]).toBe(`the log lacks the answer ${log[won]?.id}`);
    const scored = log.findIndex(({ type }) => type === 'lead.scored');
    expect(replayed(log.toSpliced(scored, 1)).undecidable[0]).toBe('the log does not say how the lead was scored');
    expect(replayed(log.filter(({ type }) => type !== 'policy.activated')).undecidable[0]).toBe(
      'the log does not tell policy p@1',
    );
  });

  // Whoever held the key put a second offer beside the first: the one that came later took its place, and nobody heard of the other.
  it('passes over no entry that has the step of another one', () => {
    const at = log.findIndex(({ type }) => type === 'lead.routed');
    const { decided } = (log[at] as Decided).data;
    const offered = { ...log[at], id: 'second', subject: 'lead-nobody-knows' } as FairleadEvent;
    const noted = (step: number) => event('answers.noted', 'all', { step, noted: [] });
    const taken = (step: number) => `step ${step} is that of an entry before it already`;
    // Next to it, when both wait for what comes before; and long after it has come.
    const scored = log.findIndex(({ type }) => type === 'lead.scored');
    const late = log.toSpliced(at + 1, 0, offered, noted(decided.step)).toSpliced(scored, 1);
    expect(replayedWithNotes([...late, log[scored] as FairleadEvent])).toEqual({
      ...{ same: decisions, different: 0, undecidable: [taken(decided.step)], notedAgain: [taken(decided.step)] },
    });
    expect(replayedWithNotes([...log, offered, noted(decided.step), noted(0)])).toEqual({
      ...{ same: decisions, different: 0, undecidable: [taken(decided.step)] },
      notedAgain: [taken(decided.step), taken(0)],
    });
  });

  it('says of decisions that tell no order that they cannot be taken again', () => {
    const older = log.map((each) => {
      const { decided, ...data } = each.data as { decided?: { step: number; poolSeq: number } };
      if (!decided || decided.step > 5) return each;
      const { step, ...stamp } = decided;
      return { ...each, data: { ...data, decided: stamp } };
    });
    const { same, different, undecidable } = replayed(older);
    expect([same, different, undecidable.length]).toEqual([0, 0, decisions]);
    expect(undecidable[0]).toBe('it was recorded before decisions told their order');
  });
});
