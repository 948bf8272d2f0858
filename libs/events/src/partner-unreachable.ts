import { defineEvent, type EventOf } from './define-event.js';
import { EndpointId, EventType, object, Ordinal, PartyId, Slug, Uuid } from './shapes.js';

/** The partner's endpoint was tried as often as it is going to be, and never took the event. */
export const PartnerUnreachable = defineEvent(
  'partner.unreachable',
  1,
  object({
    party: PartyId,
    endpointId: EndpointId,
    deliveryId: Uuid,
    eventId: Uuid,
    eventType: EventType,
    attempts: Ordinal,
    lastFailure: Slug,
  }),
);
export type PartnerUnreachable = EventOf<typeof PartnerUnreachable>;
