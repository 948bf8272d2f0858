import { derivedId, encodeEvent, type EncodedEvent, LeadRecycled, type Sealed } from '@fairlead/events';
import type { Offer } from '@fairlead/decisions';
import type { PendingAnswer } from './pending-answer.js';

/** Who wants it, if it is a person, and why. */
export interface Recycling {
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly actor?: string | undefined;
  readonly note?: typeof Sealed.static | undefined;
}

/** A lead is offered again once after each return: by the policy or by a person, whichever is first, and the id says so. */
export function recyclingId(leadId: string, { number }: Offer): string {
  return derivedId(leadId, LeadRecycled.type, String(number));
}

/** @param offer  the one that was returned */
export function tellRecycling(
  leadId: string,
  offer: Offer,
  { reason, at, actor, note }: Recycling,
): { readonly pending: PendingAnswer; readonly event: EncodedEvent } {
  const id = recyclingId(leadId, offer);
  const { party, number } = offer;
  const more = { ...(actor !== undefined && { actor }), ...(note && { note }) };
  const data = { party, offer: number, reason, at, ...more };
  const event = encodeEvent(LeadRecycled, { id, source: '/outcome-tracking', subject: leadId, time: at, data });
  return { pending: { eventId: id, step: { type: 'recycled' } }, event };
}
