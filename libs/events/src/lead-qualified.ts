import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Amount, object, Ordinal, PartyId, Slug, Sealed, Timestamp } from './shapes.js';

/** The lead became an opportunity (SQL). */
export const LeadQualified = defineEvent(
  'lead.qualified',
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
export type LeadQualified = EventOf<typeof LeadQualified>;
