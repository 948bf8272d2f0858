import type {
  ConsentState,
  Considered,
  DataOf,
  Facts,
  Grade,
  LeadRouted,
  LeadState,
  LeadUnroutable,
} from '@fairlead/events';
import { engine } from '../engine.js';
import { allocate, backForRefusing, owedTo } from './allocate.js';
import { consentAllows, consentAllowsChannel } from './consent.js';
import { matchPool } from './match-pool.js';
import type { NamedAccount, NamedAccountList } from './named-account-list.js';
import { DIRECT } from './party.js';
import type { Policy, Pool, Quality } from './policy.js';
import { type Claim, holds, type ProtectedAccounts, writtenAccount } from './protected-accounts.js';
import type { Candidate, Candidates, Refusal, Roster } from './roster.js';
import {
  type CreditMove,
  creditsIn,
  poolIn,
  reservedKey,
  type RoutingState,
  type Side,
  type StateChange,
} from './routing-state.js';

/** What routing looks at in a lead. */
export interface RoutableLead {
  readonly state: LeadState;
  readonly grade: Grade | null;
  readonly facts: Facts;
  readonly sourceId: string;
  /** Hash of the model that graded it. */
  readonly model: string;
  /**
   * What is known of the person's consent. Undefined, and it is not asked for: only of decisions that were taken before it was
   * looked at, which must come out as they did.
   */
  readonly consent: ConsentState | undefined;
  /** Whether it is one with another lead, whose party has the person. */
  readonly absorbed?: true;
  /** What came of it so far; absent on its first decision. */
  readonly earlier?: EarlierOffers;
}

/** Why a lead that was offered before is offered again. */
export type OfferedAgain = 'declined' | 'expired' | 'consent-withdrawn' | 'consent-given' | 'recycled';

export interface EarlierOffers {
  /** The pool that took the lead; it keeps it as long as the policy has it, and until the lead is recycled. */
  readonly pool: string;
  readonly made: number;
  /**
   * Who declined it, let it run out or returned it: they are not offered it again, however often it is recycled. Who lost it with the
   * person's consent, or by a person's word, refused nothing.
   */
  readonly refusedBy: readonly string[];
  readonly because: OfferedAgain;
  /** Which side paid for the lead and has not been given its credit back. */
  readonly paidBy: Side | null;
  /** How many offers there had been when it was last recycled: the pool's number of offers counts from there. Absent: it never was. */
  readonly recycledAfter?: number;
}

/** Everything a decision follows from, apart from the lead, the state and the time. */
export interface Rules {
  readonly policy: Policy;
  readonly roster: Roster;
  readonly namedAccounts: ReadonlyMap<string, NamedAccountList>;
  readonly protections: ProtectedAccounts;
}

export type RoutingDecision = Routed | Unroutable;

export interface Routed {
  readonly outcome: 'routed';
  /** As the event tells it. */
  readonly data: RoutedData;
  readonly change: StateChange;
  readonly paidBy: Side | null;
}

export interface Unroutable {
  readonly outcome: 'unroutable';
  readonly data: UnroutableData;
  readonly change: StateChange;
}

type RoutedData = DataOf<typeof LeadRouted>;
type UnroutableData = DataOf<typeof LeadUnroutable>;

/** An event has room for no more; `refusedCounts` counts the others. */
const SHOWN = 20;

/** Why nobody is offered a lead that is one with another: it is offered once the two are split. */
export const ABSORBED = 'absorbed';

/** Why nobody is offered a lead that somebody could have, if the person agreed: it is offered once they do. */
export const NO_CONSENT = 'no-consent';

/**
 * Decides who is offered the lead. Same arguments, same decision, always; the state is read and not changed, that is for
 * `applyDecision`.
 *
 * 1. A lead that is not qualified goes to nobody, an incomplete one only where the pool routes those; and one that is one with another
 *    goes to nobody, as whoever has that one has the person.
 * 2. Where the person's consent is lacking nobody is offered the lead who needs it (see `consentAllows`), by none of what follows.
 * 3. An account that a partner has claimed goes to that partner, outside the promise, if it could take any such lead; if it
 *    cannot, or will not, the lead is everybody's and says so.
 * 4. A named account goes to direct, outside the promise, as long as the pool's ceiling allows; above it, it is everybody's
 *    and says so.
 * 5. Otherwise the promise says which side it is for, and the partners' weights which partner (see `allocate`).
 * 6. An offer that was refused goes to the next on the same side, then to the other side; after the policy's number of
 *    offers, or when nobody is left, to direct where the policy says so, and never to a party that refused it.
 * 7. A lead that was returned and is recycled is shared out as a new one, as it is judged by now: the first pool that matches it takes
 *    it, and its number of offers begins anew. It stays refused by whoever refused or returned it, and what is reserved by a list
 *    or a claim was asked once, at its first decision.
 *
 * @param now  milliseconds since the epoch, an input like any other
 */
export function routeLead(lead: RoutableLead, rules: Rules, state: RoutingState, now: number): RoutingDecision {
  const pool = poolFor(lead, rules.policy);
  const decision = new Decision(lead, pool, rules, state, now);
  if (lead.state === 'not-qualified') return decision.toNobody('not-qualified', pool.notQualified.then);
  if (lead.state === 'incomplete' && pool.incomplete.then === 'nurture')
    return decision.toNobody('incomplete', 'nurture');
  if (lead.absorbed) return decision.toNobody(ABSORBED, undefined);

  const claimed = lead.earlier ? undefined : decision.protectedAccount();
  if (claimed?.refusals.length === 0) return decision.toClaimant(claimed);

  const named = lead.earlier ? undefined : decision.namedAccount();
  if (named?.below && decision.directMay) return decision.reservedForDirect(named);

  decision.judgeParties();
  if (madeThisRound(lead) < pool.offer.maxOffers) {
    const side = decision.chooseSide();
    if (side) return decision.toSide(side);
  }
  if (pool.offer.then === 'direct' && decision.directMay) return decision.fallBackToDirect();
  const reason = lead.earlier ? 'offers-exhausted' : 'nobody-eligible';
  return decision.toNobody(
    decision.consentIsAllThatLacks ? NO_CONSENT : reason,
    pool.offer.then === 'nurture' ? 'nurture' : undefined,
  );
}

/**
 * A person sends the lead to a party of their choice, outside the promise. What the policy would have considered is
 * told all the same.
 * @param made  how many offers of the lead there were
 */
export function overrideLead(
  lead: RoutableLead,
  to: string,
  made: number,
  rules: Rules,
  state: RoutingState,
  now: number,
): Routed {
  const decision = new Decision(lead, poolFor(lead, rules.policy), rules, state, now);
  decision.judgeParties();
  return decision.overriddenTo(to, made + 1);
}

/**
 * Whom the policy would have sent a lead to that a person sends elsewhere: whom it chose last, since whoever has the lead may have it
 * from another person. Where it chose nobody it is asked again.
 * @param chosen  whom it chose last; null: nobody
 */
export function policyWould(
  lead: RoutableLead,
  chosen: string | null,
  rules: Rules,
  state: RoutingState,
  now: number,
): string | null {
  if (chosen !== null) return chosen;
  const decision = routeLead(lead, rules, state, now);
  return decision.outcome === 'routed' ? decision.data.to : null;
}

/** The pool that decides about the lead: the one that took it before, as long as there is such a pool and it is not recycled. */
export function poolFor(lead: RoutableLead, policy: Policy): Pool {
  const before = lead.earlier?.because === 'recycled' ? undefined : lead.earlier?.pool;
  return policy.pools.find(({ id }) => id === before) ?? matchPool(lead, policy);
}

/** Of the offers of a lead, those since it came in or was recycled. */
export function madeThisRound({ earlier }: RoutableLead): number {
  return earlier ? earlier.made - (earlier.recycledAfter ?? 0) : 0;
}

/** A list that names the lead's company. */
interface Named {
  readonly list: NamedAccountList;
  readonly entry: NamedAccount;
  readonly below: boolean;
}

function told({ list, entry }: Named) {
  return { list: list.name, version: list.version, entry: entry.domain ?? entry.company ?? '' };
}

/** A partner's claim on the lead's company. */
interface Claimed {
  readonly claim: Claim;
  /** Why the partner cannot take the lead. */
  readonly refusals: readonly Refusal[];
}

function toldClaim({ claim, refusals }: Claimed): NonNullable<RoutedData['protectedAccount']> {
  const { id, kind, partner, account, from, until } = claim;
  return {
    ...{ claim: id, kind, partner, entry: writtenAccount(account), from },
    ...(until !== undefined && { until }),
    refusals: [...refusals],
  };
}

/** One decision in the making: what it looks at, judged once, and the ways in which it can end. */
class Decision {
  private readonly quality: Quality;
  private readonly poolState;
  private readonly refusedBy: readonly string[];
  private readonly promise: { readonly direct: number; readonly channel: number };
  private candidates: Candidates | undefined;
  private claimed: Claimed | undefined;
  private named: Named | undefined;
  private eligible: readonly Candidate[] = [];
  private full: readonly Candidate[] = [];
  private refusedBefore: readonly Candidate[] = [];
  /** Could have it, if the person agreed. */
  private withheld: readonly Candidate[] = [];

  constructor(
    private readonly lead: RoutableLead,
    private readonly pool: Pool,
    private readonly rules: Rules,
    private readonly state: RoutingState,
    private readonly now: number,
  ) {
    this.quality = lead.grade ?? 'incomplete';
    this.poolState = poolIn(state, pool.id);
    this.refusedBy = lead.earlier?.refusedBy ?? [];
    this.promise = pool.promise(this.quality);
  }

  get directMay(): boolean {
    return !this.refusedBy.includes(DIRECT) && consentAllows(this.lead, DIRECT, this.pool);
  }

  /** Whether somebody would be offered it who is not, for nothing but that the person has not agreed. */
  get consentIsAllThatLacks(): boolean {
    if (madeThisRound(this.lead) < this.pool.offer.maxOffers) {
      if (this.promise.channel > 0 && this.withheld.length > 0) return true;
    } else if (this.pool.offer.then !== 'direct') return false;
    if (this.refusedBy.includes(DIRECT) || consentAllows(this.lead, DIRECT, this.pool)) return false;
    return this.promise.direct > 0 || this.pool.offer.then === 'direct';
  }

  /** The claim on the lead's company, and what keeps the claimant from the lead. */
  protectedAccount(): Claimed | undefined {
    const claim = this.rules.protections.match(this.lead.facts, this.now);
    if (!claim || this.isNamedOtherwise(claim)) return undefined;
    const { roster } = this.rules;
    const { open, full } = this.state.loads.openings(roster.candidatesFor(this.lead.facts, this.pool), this.now);
    const isClaimant = ({ id }: Candidate) => id === claim.partner;
    const refusals = open.some(isClaimant)
      ? consentAllowsChannel(this.lead, this.pool)
        ? []
        : ([NO_CONSENT] as const)
      : full.some(isClaimant)
        ? (['cap-reached'] as const)
        : roster.refusalsOf(claim.partner, this.lead.facts, this.pool);
    this.claimed = { claim, refusals };
    return this.claimed;
  }

  /**
   * Whether the pool's list names the lead's company by something that the claim does not hold. An entry by what it holds was
   * written after the claim, and yields to it.
   */
  private isNamedOtherwise(claim: Claim): boolean {
    const list = this.rules.namedAccounts.get(this.pool.namedAccounts?.list ?? '');
    if (!list) return false;
    const { companyDomain: domain, company } = this.lead.facts;
    const byDomain = domain !== undefined && list.match({ companyDomain: domain }, this.now) !== undefined;
    const byName = company !== undefined && list.match({ company }, this.now) !== undefined;
    return (byDomain && !holds(claim, { domain })) || (byName && !holds(claim, { company }));
  }

  /** The entry that names the lead's company, and whether the list is below its ceiling for this grade. */
  namedAccount(): Named | undefined {
    if (!this.pool.namedAccounts) return undefined;
    const { list: name, ceiling } = this.pool.namedAccounts;
    const list = this.rules.namedAccounts.get(name);
    const entry = list?.match(this.lead.facts, this.now);
    if (!list || !entry) return undefined;
    const { taken, of } = this.poolState.reserved.get(reservedKey(name, this.quality)) ?? { taken: 0, of: 0 };
    this.named = { list, entry, below: (taken + 1) * 100 <= ceiling * (of + 1) };
    return this.named;
  }

  judgeParties(): void {
    this.candidates = this.rules.roster.candidatesFor(this.lead.facts, this.pool);
    const { open, full } = this.state.loads.openings(this.candidates, this.now);
    this.full = full;
    if (this.refusedBy.length === 0) this.eligible = open;
    else {
      this.eligible = open.filter(({ id }) => !this.refusedBy.includes(id));
      this.refusedBefore = open.filter(({ id }) => this.refusedBy.includes(id));
    }
    if (!consentAllowsChannel(this.lead, this.pool)) [this.withheld, this.eligible] = [this.eligible, []];
  }

  /** @returns the side whose turn it is, and what that does to the sides' credits; undefined when neither can */
  chooseSide(): { side: Side; moves: CreditMove[] } | undefined {
    const channelMay = this.promise.channel > 0 && this.eligible.length > 0;
    if (this.lead.earlier?.paidBy === 'channel' && channelMay) return { side: 'channel', moves: [] };

    const sides: { id: Side; weight: number }[] = [];
    if (channelMay) sides.push({ id: 'channel', weight: this.promise.channel });
    if (this.directMay && this.promise.direct > 0) sides.push({ id: 'direct', weight: this.promise.direct });
    if (sides.length === 0) return undefined;
    const move = this.shareOut(sides);
    return { side: sides[move.allocation.winner]!.id, moves: [move] };
  }

  toSide({ side, moves }: { side: Side; moves: CreditMove[] }): Routed {
    const why = this.lead.earlier?.because ?? 'first';
    if (side === 'direct') return this.routed(DIRECT, why, { moves, paidBy: 'direct' });
    const allocation = allocate(this.eligible, creditsIn(this.poolState, this.quality, 'partner'));
    const { winner } = allocation;
    const to = this.eligible[winner]!.id;
    return this.routed(to, why, { moves: [...moves, { level: 'partner', allocation }], paidBy: 'channel', winner });
  }

  /** Direct takes what nobody else took, and pays for it, whatever its share. */
  fallBackToDirect(): Routed {
    const move = this.shareOut([{ id: DIRECT, weight: 1 }]);
    return this.routed(DIRECT, 'fallback', { moves: [move], paidBy: 'direct' });
  }

  reservedForDirect(named: Named): Routed {
    const decided = this.routed(DIRECT, 'first', { moves: [], paidBy: null, taken: true });
    const namedAccount = told(named);
    const others = this.rules.roster.size;
    const refusedCounts: Partial<Record<Refusal, number>> = others > 0 ? { 'named-account': others } : {};
    return { ...decided, data: { ...decided.data, namedAccount, refusedCounts } };
  }

  toClaimant({ claim }: Claimed): Routed {
    const decided = this.routed(claim.partner, 'first', { moves: [], paidBy: null });
    // The other partners, and direct.
    return { ...decided, data: { ...decided.data, refusedCounts: { 'protected-account': this.rules.roster.size } } };
  }

  overriddenTo(to: string, offer: number): Routed {
    const decided = this.routed(to, 'override', { moves: [], paidBy: null });
    return { ...decided, data: { ...decided.data, offer } };
  }

  toNobody(reason: string, then: 'nurture' | undefined): Unroutable {
    const back = this.backToSide();
    const moves: CreditMove[] = back ? [{ level: 'side', back }] : [];
    return {
      outcome: 'unroutable',
      data: {
        reason,
        ...(then && { then }),
        grade: this.lead.grade,
        decided: this.stamp(),
        considered: this.considered(undefined),
        refusedCounts: this.refusedCounts(),
      },
      change: this.change(moves, { counts: this.lead.state !== 'not-qualified' && reason !== ABSORBED }),
    };
  }

  private routed(
    to: string,
    why: RoutedData['why'],
    {
      moves,
      paidBy,
      taken = false,
      winner,
    }: { moves: readonly CreditMove[]; paidBy: Side | null; taken?: boolean; winner?: number },
  ): Routed {
    const { acceptWithinMs, revealContact } = this.pool.offer;
    return {
      outcome: 'routed',
      data: {
        to,
        grade: this.lead.grade,
        offer: (this.lead.earlier?.made ?? 0) + 1,
        acceptBy: this.now + acceptWithinMs,
        revealContact,
        why,
        ...(this.claimed && { protectedAccount: toldClaim(this.claimed) }),
        ...(this.named && !this.named.below && { aboveCeiling: told(this.named) }),
        decided: this.stamp(),
        considered: this.considered(why === 'override' ? undefined : to, winner),
        refusedCounts: this.refusedCounts(),
      },
      change: this.change(moves, { to, taken, counts: why !== 'override' }),
      paidBy,
    };
  }

  /** Lets the sides that can take the lead compete for it, after the one that could not got its credit back. */
  private shareOut(sides: readonly { id: Side; weight: number }[]) {
    const back = this.backToSide();
    const allocation = allocate(sides, creditsIn(this.poolState, this.quality, 'side'), back?.amount);
    return { level: 'side', ...(back && { back }), allocation } as const;
  }

  private backToSide(): { to: Side; amount: number } | undefined {
    const to = this.lead.earlier?.paidBy;
    return to ? { to, amount: backForRefusing(creditsIn(this.poolState, this.quality, 'side'), to) } : undefined;
  }

  private change(
    moves: readonly CreditMove[],
    { to, taken = false, counts }: { to?: string; taken?: boolean; counts: boolean },
  ): StateChange {
    const list = this.pool.namedAccounts?.list;
    return {
      pool: this.pool.id,
      poolSeq: this.poolState.poolSeq + 1,
      step: this.state.order.step + 1,
      quality: this.quality,
      moves,
      ...(list !== undefined && counts && !this.lead.earlier && { reserved: { list, taken } }),
      ...(to !== undefined && { to }),
      now: this.now,
    };
  }

  private stamp(): RoutedData['decided'] {
    const { policy, roster, protections } = this.rules;
    const list = this.rules.namedAccounts.get(this.pool.namedAccounts?.list ?? '');
    return {
      engine,
      policy: { name: policy.name, version: policy.version, hash: policy.hash },
      model: this.lead.model,
      roster: roster.hash,
      ...(list && { namedAccounts: { list: list.name, version: list.version, hash: list.hash } }),
      ...(protections.version > 0 && { protections: protections.version }),
      ...(this.lead.consent && { consent: this.lead.consent }),
      pool: this.pool.id,
      poolSeq: this.poolState.poolSeq + 1,
      step: this.state.order.step + 1,
      ...(this.state.order.noted.length > 0 && { noted: [...this.state.order.noted] }),
      now: this.now,
    };
  }

  /**
   * Direct, then whom the lead goes to, then the others who could have had it, then those who were refused, each group
   * by id. Credits are what was owed before this lead, in units of `LEAD`: direct's against the channel's, a partner's
   * among the partners.
   * @param winner  which of the eligible partners it goes to, if to one of them
   */
  private considered(to: string | undefined, winner?: number): Considered {
    const sides = creditsIn(this.poolState, this.quality, 'side');
    const credits = creditsIn(this.poolState, this.quality, 'partner');
    if (!this.candidates) {
      // Reserved: nobody else was looked at.
      if (to === undefined) return [];
      return [{ party: to, refusals: [], credit: (to === DIRECT ? sides : credits).get(to) ?? 0 }];
    }

    const shown: Considered = [{ party: DIRECT, refusals: this.directRefusals(), credit: sides.get(DIRECT) ?? 0 }];
    const show = (party: string, refusals: Refusal[]) =>
      shown.push({ party, refusals, credit: credits.get(party) ?? 0 });
    const owed = owedTo(this.eligible, credits);
    const showEligible = (index: number) =>
      shown.push({ party: this.eligible[index]!.id, refusals: [], credit: owed(index) });
    if (winner !== undefined) showEligible(winner);
    for (let index = 0; index < this.eligible.length; index++) {
      if (shown.length >= SHOWN) return shown;
      if (index !== winner) showEligible(index);
    }
    for (const { id } of this.withheld.slice(0, SHOWN - shown.length)) show(id, [NO_CONSENT]);
    for (const { id } of this.refusedBefore.slice(0, SHOWN - shown.length)) show(id, ['declined-before']);
    for (const { id } of this.full.slice(0, SHOWN - shown.length)) show(id, ['cap-reached']);
    for (const { party, refusals } of this.candidates.refused.slice(0, SHOWN - shown.length))
      show(party, [...refusals]);
    return shown;
  }

  private directRefusals(): Refusal[] {
    if (this.refusedBy.includes(DIRECT)) return ['declined-before'];
    if (!this.directMay) return [NO_CONSENT];
    return this.promise.direct === 0 ? ['no-share'] : [];
  }

  private refusedCounts(): Partial<Record<Refusal, number>> & Record<string, number> {
    if (!this.candidates) return {};
    const counts: Record<string, number> = { ...this.candidates.refusedCounts };
    const count = (refusal: Refusal, by: number) => {
      if (by > 0) counts[refusal] = (counts[refusal] ?? 0) + by;
    };
    count('cap-reached', this.full.length);
    count('declined-before', this.refusedBefore.length);
    count(NO_CONSENT, this.withheld.length);
    for (const refusal of this.directRefusals()) count(refusal, 1);
    return counts;
  }
}
