import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Amount, object, Ordinal, PartyId, Slug, Sealed, Timestamp } from './shapes.js';

/** The opportunity was lost. */
export const LeadLost = defineEvent(
  'lead.lost',
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
export type LeadLost = EventOf<typeof LeadLost>;
