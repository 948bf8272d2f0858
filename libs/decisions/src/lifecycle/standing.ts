import type { Correction } from './outcome.js';

/** The grades an offer can carry; a lead whose data were missing is routed without one. */
export type OfferGrade = 'A' | 'B' | 'C' | 'D' | null;

/** Where one offer of a lead stands. An offer is made to one party; a lead has one after the other, never two at once. */
export type OfferStage =
  | 'offered'
  | 'accepted'
  | 'contacted'
  | 'qualified'
  | 'won'
  | 'lost'
  | 'returned'
  | 'declined'
  | 'expired'
  | 'withdrawn';

/** Where the lead itself stands: before it is offered, what ingestion, scoring and routing said; then its current offer. */
export const leadStages = [
  'new',
  'rejected',
  'held',
  'received',
  'graded',
  'incomplete',
  'not-qualified',
  'unroutable',
  'offered',
  'accepted',
  'contacted',
  'qualified',
  'won',
  'lost',
  'returned',
  'declined',
  'expired',
  'withdrawn',
  'recycled',
  'erased',
] as const;
export type LeadStage = (typeof leadStages)[number];

/**
 * Why an offer was made. Only `share` is measured against the promise: the others stand outside it, and are shown beside it.
 * `no-consent`: direct has it because the person has not agreed that partners have it.
 */
export type OfferKind = 'share' | 'named-account' | 'protected-account' | 'fallback' | 'override' | 'no-consent';

/** How much a won lead brought, as reported: a decimal in major units, and an ISO 4217 code. */
export interface Amount {
  readonly value: number;
  readonly currency: string;
}

/** One offer and everything that was reported about it. Times are milliseconds since the epoch. */
export interface Offer {
  /** The first offer of a lead is 1. */
  readonly number: number;
  readonly party: string;
  readonly pool: string;
  /** `name@version` of the policy that decided it, so that it is measured against the promise in force then. */
  readonly policy: string;
  readonly grade: OfferGrade;
  readonly kind: OfferKind;
  readonly reveal: 'on-offer' | 'on-accept';
  readonly offeredAt: number;
  readonly acceptBy: number;
  readonly stage: OfferStage;
  /** When the party's own system confirmed that it has the offer; null for a party that looks it up instead. */
  readonly deliveredAt: number | null;
  readonly acceptedAt: number | null;
  readonly contactedAt: number | null;
  readonly qualifiedAt: number | null;
  /** When it was won, lost, returned, declined, withdrawn, or ran out. */
  readonly closedAt: number | null;
  /** Why it was declined, lost or returned, from the closed list. */
  readonly reason: string | null;
  readonly amount: Amount | null;
  /**
   * What the lead was like when the offer was made, as `readTraits` reads it: what is learned of it later, by whoever works it, makes it no
   * other lead. Null: not known, from before it was noted.
   */
  readonly traits: string | null;
  /** What its party corrected of what it had reported, in that order; the fields above are as corrected. */
  readonly corrections: readonly Correction[];
}

/** All that the lifecycle machine knows of a lead: the fold of its events. */
export interface Standing {
  readonly state: LeadStage;
  readonly grade: OfferGrade;
  readonly score: number | null;
  /** In the order of their numbers. */
  readonly offers: readonly Offer[];
}

export const newLead: Standing = { state: 'new', grade: null, score: null, offers: [] };

/** The offer that counts now: the last one made. */
export function currentOffer(standing: Standing): Offer | undefined {
  return standing.offers.at(-1);
}

/** Open (its clock runs) or being worked: somebody has the lead in hand. */
export function isLive(offer: Offer): boolean {
  return (
    offer.stage === 'offered' ||
    offer.stage === 'accepted' ||
    offer.stage === 'contacted' ||
    offer.stage === 'qualified'
  );
}
