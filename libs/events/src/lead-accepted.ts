import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, object, Ordinal, PartyId, Timestamp } from './shapes.js';

/** The party took the lead on (SAL). */
export const LeadAccepted = defineEvent(
  'lead.accepted',
  1,
  object({ party: PartyId, offer: Ordinal, at: Timestamp, actor: Type.Optional(Actor) }),
);
export type LeadAccepted = EventOf<typeof LeadAccepted>;
