import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Count, EndpointId, EventType, object, Ordinal, PartyId, Uuid } from './shapes.js';

/** The partner's endpoint took the event and answered with a 2xx status. */
export const PartnerNotified = defineEvent(
  'partner.notified',
  1,
  object({
    party: PartyId,
    endpointId: EndpointId,
    deliveryId: Uuid,
    eventId: Uuid,
    eventType: EventType,
    attempt: Ordinal,
    status: Type.Integer({ minimum: 100, maximum: 599, description: 'HTTP status of the answer' }),
    durationMs: Count,
  }),
);
export type PartnerNotified = EventOf<typeof PartnerNotified>;
