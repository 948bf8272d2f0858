import type { Amount, Offer, OfferStage } from './standing.js';

/** What can be reported of a lead that was accepted. */
export const outcomeTypes = ['contacted', 'qualified', 'won', 'lost', 'returned'] as const;
export type OutcomeType = (typeof outcomeTypes)[number];

/** One outcome as a party reported it. `at` is when it happened, in milliseconds since the epoch. */
export interface Outcome {
  readonly type: OutcomeType;
  readonly at: number;
  readonly reason?: string | undefined;
  readonly amount?: Amount | undefined;
}

/** What was reported and what is right; null where nothing of the kind had happened. `at` is when that was said. */
export interface Correction {
  readonly was: Outcome;
  readonly is: Outcome | null;
  readonly at: number;
}

/**
 * What an outcome may be corrected to; the same for direct and partners. `mistaken`: it had not happened at all. A win and a loss can be
 * taken for each other; what else was confused is taken back and then reported as it is. A lead that was returned is the vendor's
 * again, and half of the turn given back: only its reason and time can be put right.
 */
export const mayBecome: Readonly<Record<OutcomeType, readonly (OutcomeType | 'mistaken')[]>> = {
  contacted: ['contacted', 'mistaken'],
  qualified: ['qualified', 'mistaken'],
  won: ['won', 'lost', 'mistaken'],
  lost: ['lost', 'won', 'mistaken'],
  returned: ['returned'],
};

/** An offer's outcome of this type, as it stands now; undefined where none was reported, or it was taken back. */
export function reportedOf(offer: Offer, type: OutcomeType): Outcome | undefined {
  switch (type) {
    case 'contacted':
      return offer.contactedAt === null ? undefined : { type, at: offer.contactedAt };
    case 'qualified':
      return offer.qualifiedAt === null ? undefined : { type, at: offer.qualifiedAt };
    default:
      if (offer.stage !== type || offer.closedAt === null) return undefined;
      return {
        type,
        at: offer.closedAt,
        ...(offer.reason !== null && { reason: offer.reason }),
        ...(offer.amount && { amount: offer.amount }),
      };
  }
}

/** What of an outcome belongs to its type: a win has an amount, a loss and a return have a reason. */
export function keptOf({ type, at, reason, amount }: Outcome): Outcome {
  const hasReason = type === 'lost' || type === 'returned';
  return {
    ...{ type, at },
    ...(hasReason && reason !== undefined && { reason }),
    ...(type === 'won' && amount !== undefined && { amount }),
  };
}

/** Whether two say the same of the same, whatever their times. */
export function sameWords(one: Omit<Outcome, 'at'>, other: Omit<Outcome, 'at'>): boolean {
  return (
    one.type === other.type &&
    (one.reason ?? null) === (other.reason ?? null) &&
    one.amount?.value === other.amount?.value &&
    one.amount?.currency === other.amount?.currency
  );
}

export function sameOutcome(one: Outcome, other: Outcome): boolean {
  return one.at === other.at && sameWords(one, other);
}

/** How far the party had come with the lead before it was closed. */
export function reachedStage({ qualifiedAt, contactedAt }: Pick<Offer, 'qualifiedAt' | 'contactedAt'>): OfferStage {
  if (qualifiedAt !== null) return 'qualified';
  return contactedAt === null ? 'accepted' : 'contacted';
}
