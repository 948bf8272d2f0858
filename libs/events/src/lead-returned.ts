import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Amount, object, Ordinal, PartyId, Reason, Sealed, Timestamp } from './shapes.js';

/** The party gave an accepted lead back, and said why. */
export const LeadReturned = defineEvent(
  'lead.returned',
  1,
  object({
    party: PartyId,
    offer: Ordinal,
    at: Timestamp,
    reason: Reason,
    amount: Type.Optional(Amount),
    note: Type.Optional(Sealed),
  }),
);
export type LeadReturned = EventOf<typeof LeadReturned>;
