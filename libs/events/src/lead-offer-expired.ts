import { defineEvent, type EventOf } from './define-event.js';
import { DocumentName, object, Ordinal, PartyId, Timestamp } from './shapes.js';

/** The party let its offer run out. */
export const LeadOfferExpired = defineEvent(
  'lead.offer-expired',
  1,
  object({ party: PartyId, offer: Ordinal, acceptBy: Timestamp, pool: DocumentName }),
);
export type LeadOfferExpired = EventOf<typeof LeadOfferExpired>;
