import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Amount, object, Ordinal, PartyId, Slug, Sealed, Timestamp } from './shapes.js';

/** The opportunity was won; `amount` is the revenue. */
export const LeadWon = defineEvent(
  'lead.won',
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
export type LeadWon = EventOf<typeof LeadWon>;
