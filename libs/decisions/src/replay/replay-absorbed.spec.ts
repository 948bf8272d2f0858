import { derivedId, type FairleadEvent } from '@fairlead/events';
import type { NamedAccountList } from '../route/named-account-list.js';
import { policyOf } from '../route/policy.js';
import { ProtectedAccounts } from '../route/protected-accounts.js';
import { partnerOf, Roster } from '../route/roster.js';
import { type RoutableLead, routeLead, type RoutingDecision, type Rules } from '../route/route-lead.js';
import { applyDecision, newRoutingState, refuseOffer } from '../route/routing-state.js';
import { RoutingReplay } from './replay-routing.js';
import { RuleHistory } from './rule-history.js';

const now = Date.UTC(2026, 0, 15, 12);
const document = { name: 'p', pools: [{ id: 'all', match: {}, promise: { direct: 0, channel: 100 } }] };
const policy = policyOf(document, 1);
const partners = ['acme', 'bolt', 'coil'].map((id) => ({ id, name: id, tier: 'gold' }));
const roster = new Roster(partners.map(({ id, ...partner }) => partnerOf(id, partner)));
const rules: Rules = {
  ...{ policy, roster, namedAccounts: new Map<string, NamedAccountList>() },
  protections: ProtectedAccounts.of(0, []),
};
const judged: RoutableLead = {
  ...{ state: 'graded', grade: 'B', sourceId: 'web', model: 'f'.repeat(64), consent: 'given' },
  facts: { engagement: {}, attributes: {} },
};

/** One lead that is offered, declined, one with another or not, and offered on; by a router that looks at that, or one that does not. */
function logOf(looks: boolean, isAbsorbed: boolean): FairleadEvent[] {
  const log: FairleadEvent[] = [];
  const say = (type: string, subject: string, data: object, id = `event-${log.length}`) => {
    const event = { id, type, subject, data, time: '2026-01-15T12:00:00.000Z' } as FairleadEvent;
    log.push(event);
    return event;
  };
  partners.forEach((partner, index) => {
    const { hash } = new Roster(partners.slice(0, index + 1).map(({ id, ...each }) => partnerOf(id, each)));
    say('roster.changed', partner.id, { partner, hash });
  });
  say('policy.activated', 'p', { name: 'p', version: 1, hash: policy.hash, policy: document });
  const state = newRoutingState();
  const decide = (cause: FairleadEvent, lead: RoutableLead): RoutingDecision => {
    const decision = routeLead(lead, rules, state, now);
    applyDecision(state, decision.change, roster);
    const type = `lead.${decision.outcome}`;
    say(type, 'lead', decision.data, derivedId(cause.id, type));
    return decision;
  };
  const first = decide(say('lead.scored', 'lead', { ...judged, model: { hash: judged.model } }), judged);
  if (first.outcome !== 'routed') throw new Error('nobody has it');
  if (isAbsorbed) say('lead.absorbed', 'lead', { into: 'other' });
  const { to: party, offer: made } = first.data;
  const { paidBy } = first;
  const declined = say('lead.declined', 'lead', { party, offer: made });
  refuseOffer(state, { pool: 'all', quality: 'B', party, paidBy }, roster);
  const earlier = { pool: 'all', made, refusedBy: [party], because: 'declined', paidBy } as const;
  const next = decide(declined, { ...judged, ...(looks && { absorbed: true }), earlier });
  if (next.outcome === 'routed') return log;
  decide(say('lead.split', 'lead', { part: 'absorbed' }), { ...judged, earlier: { ...earlier, paidBy: null } });
  return log;
}

function replayed(log: readonly FairleadEvent[]) {
  const found = { same: 0, different: 0, undecidable: 0 };
  const history = new RuleHistory();
  const replay = new RoutingReplay<undefined>(history, ({ recorded, ...outcome }) => {
    if ('undecidable' in outcome) found.undecidable += 1;
    else found[JSON.stringify(outcome.again.data) === JSON.stringify(recorded.data) ? 'same' : 'different'] += 1;
  });
  for (const each of log) {
    history.read(each);
    replay.read(each, undefined);
  }
  replay.end();
  return { ...found, offersOfAbsorbed: replay.offersOfAbsorbed };
}

describe('replaying what became of leads that were made one with another', () => {
  it('comes to the same: offered to nobody meanwhile, and once they are split to whoever has not refused them', () => {
    const log = logOf(true, true);
    expect(log.flatMap(({ type }) => (/routed|unroutable/.test(type) ? [type] : []))).toEqual([
      ...['lead.routed', 'lead.unroutable', 'lead.routed'],
    ]);
    expect(replayed(log)).toEqual({ same: 3, different: 0, undecidable: 0, offersOfAbsorbed: 0 });
  });

  it('finds that one was withheld from everybody which was one with none', () => {
    expect(replayed(logOf(true, false)).different).toBeGreaterThan(0);
  });

  it('counts the offers of a router that does not look at it, and takes them again as they were', () => {
    expect(replayed(logOf(false, true))).toEqual({ same: 2, different: 0, undecidable: 0, offersOfAbsorbed: 1 });
    expect(replayed(logOf(false, false)).offersOfAbsorbed).toBe(0);
  });
});
