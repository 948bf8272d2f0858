import type { DataOf, LeadRouted, LeadUnroutable } from '@fairlead/events';
import { writeDay } from '../normalise/moment.js';
import { LEAD, owedTo, UNCLAIMED } from './allocate.js';
import { consentAllows } from './consent.js';
import { DIRECT } from './party.js';
import type { Policy, Pool, Quality } from './policy.js';
import { type Partner, type Refusal, Roster } from './roster.js';
import { ABSORBED, madeThisRound, NO_CONSENT, poolFor, type RoutableLead, type Rules } from './route-lead.js';
import { creditsIn, poolIn, reservedKey, type RoutingState } from './routing-state.js';

/** What a decision weighed, kept beside it, so that it can be explained to any party without computing all before it again. */
export interface Weighed {
  /** What each side was owed before, in units of `LEAD`; with what is nobody's they add up to 0. */
  readonly sides: { readonly direct: number; readonly channel: number; readonly unclaimed: number };
  /** Partners who could take the lead, by id; the one that got it among them. */
  readonly able: readonly (Owed & { readonly weight: number })[];
  /** Of the partners' credit, what was nobody's. */
  readonly unclaimed: number;
  /** Partners at one of their caps. */
  readonly full: readonly Owed[];
  /** Partners that policy or roster kept from it, as far as they are shown and owe or are owed anything. */
  readonly refused: readonly Owed[];
  /** How many of either there were beyond those listed. */
  readonly unlisted: number;
  /** What the pool's list of named accounts had taken of this grade before, where there is one. */
  readonly reserved?: { readonly list: string; readonly taken: number; readonly of: number };
}

interface Owed {
  readonly id: string;
  readonly credit: number;
}

/** Of each list. Some 10 KB at most; a pool with more partners than this is explained to the others by numbers alone. */
const LISTED = 200;

/**
 * Reads what a decision about this lead weighs; to be called before it is folded into the state.
 * @param to  who got the lead, and is listed in any case
 */
export function weigh(
  lead: RoutableLead,
  { policy, roster }: Rules,
  state: RoutingState,
  now: number,
  to: string | undefined,
): Weighed {
  const pool = poolFor(lead, policy);
  const quality = qualityOf(lead);
  const poolState = poolIn(state, pool.id);
  const sides = creditsIn(poolState, quality, 'side');
  const credits = creditsIn(poolState, quality, 'partner');
  const candidates = roster.candidatesFor(lead.facts, pool);
  const { open, full } = state.loads.openings(candidates, now);
  const owed = (id: string): Owed => ({ id, credit: credits.get(id) ?? 0 });
  // Without a look at the others: where a thousand can take the lead, to sort them would cost ten times the decision.
  const owedAt = owedTo(open, credits);
  const able: Weighed['able'][number][] = [];
  const listed = (index: number) => {
    const { id, weight } = open[index]!;
    able.push({ id, weight, credit: owedAt(index) });
  };
  const shown = Math.min(open.length, LISTED);
  const winner = to === undefined || open.length <= LISTED ? -1 : open.findIndex(({ id }) => id === to);
  for (let index = 0; index < shown - 1; index++) listed(index);
  if (shown > 0) listed(Math.max(winner, shown - 1));
  const list = pool.namedAccounts?.list;
  return {
    sides: {
      direct: sides.get(DIRECT) ?? 0,
      channel: sides.get('channel') ?? 0,
      unclaimed: sides.get(UNCLAIMED) ?? 0,
    },
    unclaimed: credits.get(UNCLAIMED) ?? 0,
    able,
    full: full.slice(0, LISTED).map(({ id }) => owed(id)),
    refused: candidates.refused.map(({ party }) => owed(party)).filter(({ credit }) => credit !== 0),
    unlisted: Math.max(0, open.length - LISTED) + Math.max(0, full.length - LISTED),
    ...(list !== undefined && {
      reserved: { list, ...(poolState.reserved.get(reservedKey(list, quality)) ?? { taken: 0, of: 0 }) },
    }),
  };
}

/** A decision as it was recorded, with what it followed from. */
export interface RecordedDecision {
  readonly lead: RoutableLead;
  readonly weighed: Weighed;
  readonly told:
    | { readonly outcome: 'routed'; readonly data: DataOf<typeof LeadRouted> }
    | { readonly outcome: 'unroutable'; readonly data: DataOf<typeof LeadUnroutable> };
}

export interface Explanation {
  /** What was decided, and by which rule. */
  readonly decision: readonly string[];
  /** Why the party in question got the lead, or did not; empty when nobody was asked about. */
  readonly party: readonly string[];
  /** Why the party could not have got it; empty when it got it, or could have. */
  readonly refusals: readonly Refusal[];
}

/**
 * Says why a lead went where it went, and why a party got it or did not, in sentences for people who sell. Everything in
 * them is what was recorded when it was decided.
 * @param policy  the version that the decision names
 * @param party  the one in question: a partner's id, or direct; undefined for the decision alone
 * @param partner  that partner as it was then; undefined when it was on the roster no more, or not yet
 * @param nameOf  how a party is called before whoever reads this: to a partner, another partner has no name
 */
export function explain(
  { lead, weighed, told }: RecordedDecision,
  policy: Policy,
  party: string | undefined,
  partner: Partner | undefined,
  nameOf: (party: string) => string,
): Explanation {
  const pool = policy.pools.find(({ id }) => id === told.data.decided.pool);
  if (!pool) throw new RangeError(`policy ${policy.name}@${policy.version} has no pool ${told.data.decided.pool}`);
  const story = new Story(lead, weighed, told, pool, nameOf);
  const got = told.outcome === 'routed' && told.data.to === party;
  const refusals = party === undefined || got ? [] : story.refusalsOf(party, partner);
  return {
    decision: story.decision(),
    party: party === undefined ? [] : story.about(party, got, refusals),
    refusals,
  };
}

/** What a lead counts as where shares are kept. */
export function qualityOf({ grade }: RoutableLead): Quality {
  return grade ?? 'incomplete';
}

class Story {
  private readonly kind: string;
  private readonly promise: { readonly direct: number; readonly channel: number };

  constructor(
    private readonly lead: RoutableLead,
    private readonly weighed: Weighed,
    private readonly told: RecordedDecision['told'],
    private readonly pool: Pool,
    private readonly nameOf: (party: string) => string,
  ) {
    this.kind = lead.grade === null ? 'leads without a grade' : `leads of grade ${lead.grade}`;
    this.promise = pool.promise(qualityOf(lead));
  }

  decision(): string[] {
    const { pool, promise, told } = this;
    const rule = `Pool ${pool.id} promises ${promise.direct} % of its ${this.kind} to direct and ${promise.channel} % to partners.`;
    if (told.outcome === 'unroutable') return [this.whyNobody(told.data.reason)];
    switch (told.data.why) {
      case 'override':
        return [
          `A person sent it to ${this.nameOf(told.data.to)}, against or beside the policy; the log says who, and why.`,
        ];
      case 'fallback':
        if (told.data.offer === 1 && this.lacksConsent()) return [this.consent(), `So it is direct's.`];
        return [
          ...(this.lacksConsent() ? [this.consent()] : []),
          `Nobody had taken it after ${madeThisRound(this.lead)} of at most ${pool.offer.maxOffers} offers: then it is direct's.`,
        ];
      case 'declined':
      case 'expired': {
        const before = told.data.why === 'declined' ? 'was declined' : 'ran out unanswered';
        return [`The offer before this one ${before}, so it was offered again.`, ...this.byTurn(rule, told.data.to)];
      }
      case 'consent-withdrawn':
        return [
          'The person withdrew their consent before the partner that had the offer answered, so it was taken back.',
          ...this.byTurn(rule, told.data.to),
        ];
      case 'consent-given':
        return ['The person agreed after all, so it was offered again.', ...this.byTurn(rule, told.data.to)];
      case 'recycled':
        return [
          'It was returned and is offered again, to those who have not refused or returned it.',
          ...this.byTurn(rule, told.data.to),
        ];
      case 'first':
        if (told.data.protectedAccount?.refusals.length === 0) return this.protection(told.data.protectedAccount);
        if (told.data.namedAccount)
          return [...this.protection(told.data.protectedAccount), this.reservation(told.data.namedAccount)];
        return [
          ...this.protection(told.data.protectedAccount),
          ...(told.data.aboveCeiling ? [this.aboveCeiling(told.data.aboveCeiling)] : []),
          ...this.byTurn(rule, told.data.to),
        ];
    }
  }

  about(party: string, got: boolean, refusals: readonly Refusal[]): string[] {
    const name = this.nameOf(party);
    if (got) return [`${name} got it.`];
    if (refusals.length > 0) return refusals.map((refusal) => this.refusal(refusal, name));
    const { told } = this;
    if (told.outcome === 'unroutable') return [`${name} did not get it, because nobody did.`];
    const { to, why } = told.data;
    if (why === 'override')
      return [`${name} did not get it, because a person decided; what the policy would have done is in the log.`];
    const own = this.weighed.able.find(({ id }) => id === party);
    if (party !== DIRECT && to === DIRECT)
      return [
        `${name} could have taken it, but it was direct's turn, not the partners'.`,
        ...(own ? [this.owed(name, own)] : []),
      ];
    if (party === DIRECT) return [`Direct could have taken it, but it was the partners' turn.`];
    return [
      `${name} could have taken it, but it was the turn of ${this.nameOf(to)}.`,
      ...(own ? [this.owed(name, own)] : []),
    ];
  }

  /** What kept the party from it: as recorded where it was listed, else as policy and roster say. */
  refusalsOf(party: string, partner: Partner | undefined): Refusal[] {
    const recorded = this.told.data.considered.find((each) => each.party === party);
    if (recorded) return recorded.refusals as Refusal[];
    if (this.told.outcome === 'routed' && this.told.data.protectedAccount?.refusals.length === 0)
      return ['protected-account'];
    if (this.told.outcome === 'routed' && this.told.data.namedAccount) return ['named-account'];
    const noConsent: Refusal[] = consentAllows(this.lead, party, this.pool) ? [] : [NO_CONSENT];
    if (party === DIRECT) return this.told.data.considered.length > 0 ? noConsent : [];
    if (!partner) return ['not-on-roster'];
    if (this.weighed.full.some(({ id }) => id === party)) return ['cap-reached'];
    if (this.weighed.able.some(({ id }) => id === party)) {
      return this.lead.earlier?.refusedBy.includes(party) ? ['declined-before'] : noConsent;
    }
    const lasting = new Roster([partner]).refusalsOf(party, this.lead.facts, this.pool);
    // Where nobody was looked at, nobody was refused for it.
    return lasting.length > 0 || this.told.data.considered.length === 0 ? lasting : noConsent;
  }

  private lacksConsent(): boolean {
    return !consentAllows(this.lead, 'a-partner', this.pool);
  }

  /** Whose turn it was; where no partner could have it for lack of consent, that and no more. */
  private byTurn(rule: string, to: string): string[] {
    return this.lacksConsent() ? [this.consent(), `So it is direct's.`] : [rule, this.turn(to)];
  }

  /** What is known of the person's consent, and what follows from it. */
  private consent(): string {
    const { neededFor } = this.pool.consent;
    if (this.lead.consent === 'refused')
      return `The person has refused their consent: their details go to no partner${neededFor === 'everyone' ? ', nor to direct' : ''}.`;
    const without = neededFor === 'everyone' ? 'to nobody' : 'to no partner';
    return `Nobody knows whether the person agrees, and without their consent pool ${this.pool.id} offers a lead ${without}.`;
  }

  private turn(to: string): string {
    const { direct, channel } = this.weighed.sides;
    const sides = `direct ${standing(direct)}, the partners ${standing(channel, 'were')}`;
    if (to === DIRECT) return `It was direct's turn: ${sides}.`;
    const { able, full, unlisted } = this.weighed;
    const winner = able.find(({ id }) => id === to);
    const name = this.nameOf(to);
    if (able.length === 1 && unlisted === 0) {
      const others = full.length > 0 ? ` (${full.length} had reached their caps)` : '';
      return `It was the partners' turn: ${sides}. ${name} was the only one who could take it${others}.`;
    }
    const among = `Of ${able.length + unlisted} who could take it, it was the turn of ${name}`;
    const why = winner ? `, who ${standing(winner.credit)} at a weight of ${winner.weight}` : '';
    return `It was the partners' turn: ${sides}. ${among}${why}.`;
  }

  private owed(name: string, { credit, weight }: { credit: number; weight: number }): string {
    return `${name} ${standing(credit)} at a weight of ${weight}. What a lead adds to that is never lost, so its turn comes.`;
  }

  private protection(claimed: DataOf<typeof LeadRouted>['protectedAccount']): string[] {
    if (!claimed) return [];
    const { kind, partner, entry, from, until, refusals } = claimed;
    const name = this.nameOf(partner);
    const why =
      kind === 'deal-registration'
        ? `${name} registered a deal with ${entry} on ${writeDay(from)}`
        : `${name} is the partner of record of ${entry} since ${writeDay(from)}`;
    // The last day on which it holds for some of the day.
    const ending = until === undefined ? '' : `, until ${writeDay(until - 1)}`;
    const claim = `${why}: the account's leads are offered to it first, outside the promise${ending}.`;
    if (refusals.length === 0) return [claim];
    const because = refusals.map((refusal) => this.refusal(refusal as Refusal, name)).join(' ');
    return [`${claim} ${because} So the lead is everybody's.`];
  }

  private reservation({ list, version, entry }: { list: string; version: number; entry: string }): string {
    const { taken = 0, of = 0 } = this.weighed.reserved ?? {};
    const ceiling = this.pool.namedAccounts?.ceiling ?? 0;
    const before =
      of === 0
        ? 'It was the first since the list is in use'
        : `Before it the list had taken ${taken} of ${of} ${this.kind}`;
    return (
      `The named-account list ${list} (version ${version}, entry ${entry}) reserves it for direct, outside the promise. ` +
      `${before}; its ceiling is ${ceiling} %.`
    );
  }

  private aboveCeiling({ list, version, entry }: { list: string; version: number; entry: string }): string {
    const { taken = 0, of = 0 } = this.weighed.reserved ?? {};
    const ceiling = this.pool.namedAccounts?.ceiling ?? 0;
    return (
      `The named-account list ${list} (version ${version}, entry ${entry}) names its company, but had taken ${taken} of ${of} ` +
      `${this.kind}: with this one it would be above its ceiling of ${ceiling} %, so the lead is everybody's.`
    );
  }

  private whyNobody(reason: string): string {
    switch (reason) {
      case 'not-qualified':
        return 'It is not qualified, so nobody gets it as if it were a lead.';
      case 'incomplete':
        return `It lacks what pool ${this.pool.id} needs, and the policy offers such leads to nobody.`;
      case NO_CONSENT:
        return `${this.consent()} It is offered to whoever can take it once they agree.`;
      case ABSORBED:
        return 'It is one with another lead, and whoever has that one has this person. It is offered again if the two are split.';
      case 'offers-exhausted':
        return `Nobody took it after ${madeThisRound(this.lead)} of at most ${this.pool.offer.maxOffers} offers, or nobody was left.`;
      default:
        return `Nobody in pool ${this.pool.id} could take it.`;
    }
  }

  private refusal(refusal: Refusal, name: string): string {
    const { country, region, product } = this.lead.facts;
    switch (refusal) {
      case 'outside-territory':
        return `${name} does not serve ${region ?? country ?? 'leads from nowhere in particular'}.`;
      case 'product-not-carried':
        return `${name} does not carry ${product ?? 'what it asks for'}.`;
      case 'paused':
        return `${name} was paused; who is paused gets no leads and piles up no credit.`;
      case 'not-certified':
        return `${name} lacks a certification that pool ${this.pool.id} requires: ${this.pool.certifications.join(', ')}.`;
      case 'tier-not-served':
        return `Pool ${this.pool.id} serves other tiers than that of ${name}.`;
      case 'cap-reached':
        return `${name} had reached one of its caps.`;
      case 'declined-before':
        return `${name} had declined or returned this lead, or let it run out; nobody is offered a lead twice.`;
      case NO_CONSENT:
        return this.lead.consent === 'refused'
          ? `The person has refused their consent, so their details did not go to ${name}.`
          : `Nobody knows whether the person agrees, and pool ${this.pool.id} needs their consent before a lead goes to ${name}.`;
      case 'no-share':
        return `Pool ${this.pool.id} promises ${name} nothing of ${this.kind}.`;
      case 'named-account':
        return `A named-account list reserves the lead for direct.`;
      case 'protected-account':
        return `The account is protected: the partner that claimed it first is offered its leads.`;
      case 'not-on-roster':
        return `${name} was not on the roster then.`;
    }
  }
}

/** Units of credit as people read them. */
function standing(credit: number, verb = 'was'): string {
  const size = (Math.abs(credit) / LEAD).toFixed(2);
  return credit < 0 ? `${verb} ${size} leads ahead` : `${verb} owed ${size} leads`;
}
