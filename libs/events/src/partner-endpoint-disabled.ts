import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Count, EndpointId, object, oneOf, PartyId, Slug, Timestamp } from './shapes.js';

/**
 * Nothing is sent to this endpoint any more until its party sets it up again. What waited for it is withheld, and listed. Told
 * on `control`: it is about no lead, and as rare as what people do by hand.
 */
export const PartnerEndpointDisabled = defineEvent(
  'partner.endpoint-disabled',
  1,
  object({
    party: PartyId,
    endpointId: EndpointId,
    reason: oneOf('gone', 'failed-for-too-long'),
    lastFailure: Slug,
    failingSince: Type.Optional(Timestamp),
    withheld: Count,
  }),
  { topic: 'control' },
);
export type PartnerEndpointDisabled = EventOf<typeof PartnerEndpointDisabled>;
