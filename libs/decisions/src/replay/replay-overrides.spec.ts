import { type ConsentState, derivedId, type FairleadEvent } from '@fairlead/events';
import type { NamedAccountList } from '../route/named-account-list.js';
import { policyOf } from '../route/policy.js';
import { ProtectedAccounts } from '../route/protected-accounts.js';
import { partnerOf, Roster } from '../route/roster.js';
import {
  overrideLead,
  policyWould,
  type RoutableLead,
  routeLead,
  type RoutingDecision,
  type Rules,
} from '../route/route-lead.js';
import { applyDecision, newRoutingState, refuseOffer, withdrawOffer } from '../route/routing-state.js';
import { RoutingReplay } from './replay-routing.js';
import { RuleHistory } from './rule-history.js';

const now = Date.UTC(2026, 0, 15, 12);
const document = {
  name: 'p',
  pools: [
    {
      ...{ id: 'all', match: {}, promise: { direct: 40, channel: 60 }, consent: { neededFor: 'nobody' as const } },
      offer: { maxOffers: 1, then: 'nurture' as const },
    },
  ],
};
const partners = ['acme', 'bolt', 'coil'].map((id) => [id, { name: id, tier: 'gold', caps: { open: 9 } }] as const);
const policy = policyOf(document, 1);
const roster = new Roster(partners.map(([id, partner]) => partnerOf(id, partner)));
const rules: Rules = {
  policy,
  roster,
  namedAccounts: new Map<string, NamedAccountList>(),
  protections: ProtectedAccounts.of(0, []),
};

type Overridden = FairleadEvent & { readonly data: { to: string; policyWould: string | null } };

/** A router, and what it says and is told of leads that people send elsewhere. */
class Router {
  readonly log: FairleadEvent[] = [];
  readonly state = newRoutingState();
  private count = 0;

  constructor() {
    partners.forEach(([id, partner], index) => {
      const { hash } = new Roster(partners.slice(0, index + 1).map((each) => partnerOf(...each)));
      this.say('roster.changed', id, { partner: { id, ...partner }, hash });
    });
    this.say('policy.activated', 'p', { name: 'p', version: 1, hash: policy.hash, policy: document });
  }

  say(type: string, subject: string, data: object, id = `event-${(this.count += 1)}`): FairleadEvent {
    const event = { id, type, subject, data, time: '2026-01-15T12:00:00.000Z' } as FairleadEvent;
    this.log.push(event);
    return event;
  }
}

function leadIn(router: Router, id: string, consent: ConsentState) {
  const facts = { engagement: {}, attributes: {} };
  const judged = { state: 'graded', grade: 'B', sourceId: 'web', model: 'f'.repeat(64), facts } as const;
  let known = consent;
  let chosen: string | null = null;
  let refusedBy: string[] = [];
  let last: RoutingDecision | undefined;
  const made = () => (last?.outcome === 'routed' ? last.data.offer : offers);
  let offers = 0;
  const offer = () =>
    last?.outcome === 'routed'
      ? ({ pool: 'all', quality: 'B', party: last.data.to, paidBy: last.paidBy } as const)
      : undefined;
  const again = (because: 'declined', paidBy = offer()?.paidBy ?? null): RoutableLead => ({
    ...{ ...judged, consent: known },
    earlier: { pool: 'all', made: made(), refusedBy, because, paidBy },
  });
  const decided = (cause: FairleadEvent, decision: RoutingDecision, byPolicy = true) => {
    applyDecision(router.state, decision.change, roster);
    last = decision;
    offers = made();
    if (byPolicy) chosen = decision.outcome === 'routed' ? decision.data.to : null;
    const type = `lead.${decision.outcome}`;
    router.say(type, id, decision.data, derivedId(cause.id, type));
  };
  return {
    scored(told: ConsentState | undefined, isKnown = true) {
      if (isKnown && told) known = told;
      return router.say('lead.scored', id, { ...judged, model: { hash: judged.model }, consent: told });
    },
    /** What was told of the person's consent comes to be known. */
    knows(told: ConsentState) {
      known = told;
    },
    routed(cause: FairleadEvent) {
      decided(cause, routeLead({ ...judged, consent: known }, rules, router.state, now));
    },
    declined() {
      const had = offer()!;
      const declined = router.say('lead.declined', id, { party: had.party, offer: made() });
      refuseOffer(router.state, had, roster);
      refusedBy = [...refusedBy, had.party];
      decided(declined, routeLead(again('declined'), rules, router.state, now));
    },
    /** @returns whom the policy would have sent it to */
    overridden(to: string): string | null {
      const had = offer();
      const would = policyWould(again('declined'), had ? chosen : null, rules, router.state, now);
      if (had) withdrawOffer(router.state, had, roster);
      const overridden = router.say('lead.overridden', id, {
        to,
        actor: 'key-1',
        reason: 'asked',
        policyWould: would,
      });
      const lead = again('declined', null);
      decided(overridden, overrideLead(lead, to, made(), rules, router.state, now), false);
      return would;
    },
  };
}

function overridesOf(log: readonly FairleadEvent[]): number[] {
  return log.flatMap(({ type }, index) => (type === 'lead.overridden' ? [index] : []));
}

/** What a replay finds of overrides, and of all else. */
function replayed(log: readonly FairleadEvent[], { onlyIf = true } = {}) {
  const found = { overrides: 0, otherwise: [] as string[] };
  const history = new RuleHistory();
  const replay = new RoutingReplay<number>(
    history,
    ({ recorded, ...outcome }) => {
      if ('undecidable' in outcome) return found.otherwise.push(outcome.undecidable);
      if (JSON.stringify(outcome.again.data) !== JSON.stringify(recorded.data))
        found.otherwise.push(
          `${recorded.subject} goes to ${'to' in outcome.again.data ? outcome.again.data.to : null}`,
        );
      if (!outcome.policyWould) return;
      found.overrides += 1;
      const { told, again } = outcome.policyWould;
      if (!told) found.otherwise.push(`${recorded.subject}: nobody overrode the policy`);
      else if (told.to !== again) found.otherwise.push(`${told.handle}: ${told.to}, and would have been ${again}`);
    },
    ...(onlyIf ? [] : [(recorded: Rules) => recorded]),
  );
  log.forEach((each, index) => {
    history.read(each);
    replay.read(each, index);
  });
  replay.end();
  return { ...found, unfollowed: replay.unfollowedOverrides };
}

describe('replaying what the policy would have done at overrides', () => {
  const router = new Router();
  const would: (string | null)[] = [];
  // The policy's choice, whatever people have done with the lead since.
  const often = leadIn(router, 'often', 'given');
  often.routed(often.scored('given'));
  for (const to of ['coil', 'bolt', 'direct']) would.push(often.overridden(to));
  // Declined, which leaves it to nobody, and then a person's again: the policy would have left it there.
  often.declined();
  would.push(often.overridden('coil'), often.overridden('acme'));
  // Somebody may have it for nothing but the consent, of which a person heard before the router said so, or not yet.
  const [early, late] = [leadIn(router, 'early', 'refused'), leadIn(router, 'late', 'refused')];
  for (const lead of [early, late]) {
    lead.routed(lead.scored('refused'));
    lead.declined();
    lead.scored('given', false);
  }
  early.knows('given');
  would.push(early.overridden('bolt'), late.overridden('direct'));
  const { log } = router;
  const fair = { overrides: would.length, otherwise: [], unfollowed: 0 };

  it('comes to the same at every one of them', () => {
    const [chosen] = would;
    expect(would.slice(0, 3)).toEqual([chosen, chosen, chosen]);
    expect(chosen).not.toBeNull();
    expect(would.slice(3)).toEqual([null, null, null, null]);
    expect(overridesOf(log)).toHaveLength(would.length);
    expect(replayed(log)).toEqual(fair);
  });

  it('finds each one that was changed, and where it stands', () => {
    for (const [place, index] of overridesOf(log).entries()) {
      const { data } = log[index] as Overridden;
      const other = data.policyWould === 'acme' ? 'bolt' : 'acme';
      const changed = { ...log[index], data: { ...data, policyWould: other } } as FairleadEvent;
      const found = `${index}: ${other}, and would have been ${would[place] ?? null}`;
      expect(replayed(log.with(index, changed))).toEqual({ ...fair, otherwise: [found] });
    }
  });

  it('finds the one of which the log does not tell who it was, or tells it of another one', () => {
    const [first = 0] = overridesOf(log);
    const lost = 'often: nobody overrode the policy';
    expect(replayed(log.toSpliced(first, 1))).toEqual({ ...fair, otherwise: [lost] });
    const { data } = log[first] as Overridden;
    const elsewhere = { ...log[first], data: { ...data, to: 'bolt' } } as FairleadEvent;
    expect(replayed(log.with(first, elsewhere))).toEqual({ ...fair, otherwise: [lost], unfollowed: 1 });
  });

  it('counts the one that nothing came of', () => {
    const last = overridesOf(log).at(-1) as number;
    expect(replayed(log.slice(0, last + 1))).toEqual({ ...fair, overrides: would.length - 1, unfollowed: 1 });
  });

  it('does not take a consent for known that nobody had told', () => {
    const at = log.findIndex(
      ({ type, data }) => type === 'lead.routed' && (data as { why: string }).why === 'override',
    );
    const changed = structuredClone(log[at]) as FairleadEvent & { data: { decided: { consent: string } } };
    changed.data.decided.consent = 'unknown';
    expect(replayed(log.with(at, changed)).otherwise).toEqual(['often goes to coil']);
  });

  it('holds nobody against a policy that was not in force', () => {
    expect(replayed(log, { onlyIf: false })).toMatchObject({ overrides: 0, unfollowed: 0 });
  });
});
