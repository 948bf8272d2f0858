import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { object, Ordinal, PartyId, Reason, Sealed, Timestamp } from './shapes.js';

/** The party turned its offer down, and said why. */
export const LeadDeclined = defineEvent(
  'lead.declined',
  1,
  object({ party: PartyId, offer: Ordinal, reason: Reason, note: Type.Optional(Sealed), at: Timestamp }),
);
export type LeadDeclined = EventOf<typeof LeadDeclined>;
