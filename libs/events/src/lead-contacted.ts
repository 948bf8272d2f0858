import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Amount, object, Ordinal, PartyId, Slug, Sealed, Timestamp } from './shapes.js';

/** The party reached the lead for the first time. */
export const LeadContacted = defineEvent(
  'lead.contacted',
  1,
  object({
    party: PartyId,
    offer: Ordinal,
    at: Timestamp,
    reason: Type.Optional(Slug),
    amount: Type.Optional(Amount),
    note: Type.Optional(Sealed),
  }),
);
export type LeadContacted = EventOf<typeof LeadContacted>;
