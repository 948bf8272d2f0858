import { defineEvent, type EventOf } from './define-event.js';
import { Actor, EndpointId, object, PartyId } from './shapes.js';

/** An endpoint that was disabled has been set up again, and is sent what comes from now on. */
export const PartnerEndpointEnabled = defineEvent(
  'partner.endpoint-enabled',
  1,
  object({ party: PartyId, endpointId: EndpointId, actor: Actor }),
  { topic: 'control' },
);
export type PartnerEndpointEnabled = EventOf<typeof PartnerEndpointEnabled>;
