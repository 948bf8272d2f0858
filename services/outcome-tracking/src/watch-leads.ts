import {
  currentOffer,
  firstReminder,
  isLive,
  isRepair,
  type Offer,
  recyclingOf,
  reminderOf,
  scorable,
} from '@fairlead/decisions';
import { LEGACY } from '@fairlead/decisions/fold';
import { type LeadEvent, timeOf } from './fold-event.js';
import type { PoolRules } from './rules-in.js';
import type { LeadChange, TrackedLead } from './store/leads.store.js';

/** A lead that a party has in hand, or has returned, and what is waited for with it. Times are milliseconds since the epoch. */
export interface Watched {
  readonly leadId: string;
  readonly offer: number;
  readonly party: string;
  /** When its party said something last; null: it has not accepted yet, or has returned it. */
  readonly spokeAt: number | null;
  /** Null: no more. */
  readonly remindAt: number | null;
  /** How often, since it said something. */
  readonly reminded: number;
  /** Returned, and known better since. */
  readonly repaired: boolean;
}

/** What becomes of what was waited for: something else, nothing any more, or what it was. */
export type Watching = Watched | 'nothing' | 'as-before';

/** What events of one lead lead to, beside the view of it. */
export interface Afterwards {
  readonly watching: Watching;
  /** Why the lead is offered again: what it was returned for, or that it was repaired. Undefined: it is not. */
  readonly recycled?: string | undefined;
}

/**
 * @param events  of this lead, in the log's order, that lead from `before` to `after`
 * @param rules  of the pool and policy that its current offer was made by
 * @param wasRepaired  whether it was known to be repaired before these
 */
export function afterwards(
  { before, after }: LeadChange,
  events: readonly LeadEvent[],
  rules: PoolRules = {},
  wasRepaired = false,
): Afterwards {
  const offer = currentOffer(after.standing);
  // A deal from elsewhere is in nobody's hand here: what became of it is told by its source.
  if (!offer || offer.pool === LEGACY) return { watching: 'as-before' };
  if (after.standing.state === 'returned') return afterReturn(after, offer, events, rules, wasRepaired);
  if (!isInHand(after)) return { watching: before && isWatched(before) ? 'nothing' : 'as-before' };

  const known = before && currentOffer(before.standing);
  if (known?.number === offer.number && !hasSpoken(known, offer)) return { watching: 'as-before' };
  const spokeAt = lastWord(offer, events);
  const remindAt = firstReminder(offer, rules, spokeAt) ?? null;
  const isOffered = reminderOf(offer) === 'offer-ends';
  // Of an offer nobody is reminded of there is nothing to wait for here: its clock is another one.
  if (isOffered && remindAt === null) return { watching: before && isWatched(before) ? 'nothing' : 'as-before' };
  const { number, party } = offer;
  const watching = { leadId: after.id, offer: number, party, spokeAt: isOffered ? null : spokeAt, remindAt };
  return { watching: { ...watching, reminded: 0, repaired: false } };
}

/** Whether anything can be waited for with it. */
function isWatched(lead: TrackedLead): boolean {
  return lead.standing.state === 'returned' || isInHand(lead);
}

function isInHand({ standing }: TrackedLead): boolean {
  const offer = currentOffer(standing);
  return standing.state !== 'erased' && offer !== undefined && isLive(offer);
}

/** Whether its party has said something of it, which a delivery is not. */
function hasSpoken(before: Offer, after: Offer): boolean {
  return before.stage !== after.stage || before.corrections.length !== after.corrections.length;
}

/** When it was said, not when it is said to have happened: who reports an old call today is not silent. */
function lastWord(offer: Offer, events: readonly LeadEvent[]): number {
  const last = events.findLast(
    ({ data }) => 'party' in data && 'offer' in data && data.offer === offer.number && data.party === offer.party,
  );
  return last ? timeOf(last) : Math.max(offer.acceptedAt ?? 0, offer.contactedAt ?? 0, offer.qualifiedAt ?? 0);
}

function afterReturn(
  after: TrackedLead,
  offer: Offer,
  events: readonly LeadEvent[],
  { returned }: PoolRules,
  wasRepaired: boolean,
): Afterwards {
  const nothing = { watching: 'nothing' } as const;
  // Whoever has the lead that it is one with has the person, and nobody else is offered them.
  if (after.details.absorbedInto !== null) return nothing;
  // Said, and on its way to the log.
  if (after.pending.some(({ step }) => step.type === 'recycled')) return { watching: 'as-before' };
  const how = recyclingOf(after.standing, returned);
  if (how === 'no') return nothing;
  if (how === 'at-once') return { ...nothing, recycled: offer.reason ?? 'returned' };
  const repaired = repairedBy(events, wasRepaired);
  if (repaired === 'scored') return { ...nothing, recycled: 'repaired' };
  if (repaired === 'no')
    return events.some(({ type }) => type === 'lead.returned') ? nothing : { watching: 'as-before' };
  const { number, party } = offer;
  const common = { leadId: after.id, offer: number, party, spokeAt: null, remindAt: null, reminded: 0 };
  return { watching: { ...common, repaired: true } };
}

/**
 * Whether what it was returned for may be mended, and routing knows: it decides by the score that follows, which stands before what is
 * said here in the order of the lead's events. Where no score follows there is none to wait for.
 */
function repairedBy(events: readonly LeadEvent[], wasRepaired: boolean): 'no' | 'told' | 'scored' {
  let repaired: 'no' | 'told' | 'scored' = wasRepaired ? 'told' : 'no';
  for (const event of events) {
    if (event.type === 'lead.returned') repaired = 'no';
    else if (event.type === 'lead.merged' && isRepair(event.data.changed))
      repaired = scorable(event) ? 'told' : 'scored';
    else if (event.type === 'lead.scored' && repaired === 'told') repaired = 'scored';
  }
  return repaired;
}
