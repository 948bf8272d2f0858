import {
  LeadAccepted,
  LeadAmended,
  LeadCompleted,
  LeadContacted,
  LeadDeclined,
  LeadErased,
  LeadHeld,
  LeadLost,
  LeadQualified,
  LeadRecycled,
  LeadReturned,
  LeadUnroutable,
  LeadWon,
} from '@fairlead/events';

/** What its sources hear of a lead. What they sent and was no lead, or was known, they were told when they sent it. */
export type FeedbackEvent =
  | LeadAccepted
  | LeadAmended
  | LeadCompleted
  | LeadContacted
  | LeadDeclined
  | LeadErased
  | LeadHeld
  | LeadLost
  | LeadQualified
  | LeadRecycled
  | LeadReturned
  | LeadUnroutable
  | LeadWon;

export const feedbackEvents = [
  LeadHeld.type,
  LeadCompleted.type,
  LeadUnroutable.type,
  LeadAccepted.type,
  LeadDeclined.type,
  LeadContacted.type,
  LeadQualified.type,
  LeadWon.type,
  LeadLost.type,
  LeadReturned.type,
  LeadAmended.type,
  LeadRecycled.type,
  LeadErased.type,
] as const;

export type FeedbackType = (typeof feedbackEvents)[number];

/** What an entry says beside what happened. */
export interface Told {
  /** Fields that the lead lacks. */
  readonly missing?: readonly string[];
  /** Until when it waits for them, RFC 3339. */
  readonly until?: string;
  /** Why a held lead went on. */
  readonly by?: string;
  readonly reason?: string;
  readonly amount?: { readonly value: number; readonly currency: string };
  /** Of a correction: what was told before and is not right. */
  readonly was?: ToldOutcome;
  /** What is; null where nothing of the kind had happened. */
  readonly is?: ToldOutcome | null;
}

export interface ToldOutcome {
  readonly type: 'contacted' | 'qualified' | 'won' | 'lost' | 'returned';
  readonly reason?: string;
  readonly amount?: { readonly value: number; readonly currency: string };
}

/** One thing that became of a lead, as one of its sources reads it. */
export interface FeedbackEntry extends Told {
  /** The same whenever and however it is told. */
  readonly id: string;
  readonly type: string;
  readonly lead: string;
  /** What this source calls the lead. */
  readonly externalId?: string;
  /** RFC 3339 */
  readonly at: string;
}

/**
 * What an event tells the sources of its lead: what happened, why, and how much it brought. Not who has the lead and what they
 * wrote: that is between the party and the vendor.
 * @returns `at` in milliseconds since the epoch
 */
export function feedbackOf(event: FeedbackEvent): { readonly at: number; readonly told: Told } {
  switch (event.type) {
    case 'lead.held':
      return {
        at: Date.parse(event.time),
        told: { missing: event.data.missing, until: new Date(event.data.until).toISOString() },
      };
    case 'lead.completed': {
      const { by, missing } = event.data;
      return { at: Date.parse(event.time), told: { by, ...(missing.length > 0 && { missing }) } };
    }
    case 'lead.unroutable':
    case 'lead.erased': {
      const { reason } = event.data;
      return { at: Date.parse(event.time), told: reason === undefined ? {} : { reason } };
    }
    case 'lead.amended': {
      const { at, was, is } = event.data;
      return { at, told: { was: outcomeTold(was), is: is ? outcomeTold(is) : null } };
    }
    default: {
      const { at } = event.data;
      const reason = 'reason' in event.data ? event.data.reason : undefined;
      const amount = 'amount' in event.data ? event.data.amount : undefined;
      return { at, told: { ...(reason !== undefined && { reason }), ...(amount && { amount }) } };
    }
  }
}

function outcomeTold({ at: _, ...told }: LeadAmended['data']['was']): ToldOutcome {
  return told;
}
