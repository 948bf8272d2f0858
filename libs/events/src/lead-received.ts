import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Consent, ExternalId, Facts, Fields, object, oneOf, Reachable, Sealed, SourceId, Timestamp } from './shapes.js';

/** Ingestion took in a lead that it had not seen before. A held lead says this too, and `lead.held` besides. */
export const LeadReceived = defineEvent(
  'lead.received',
  1,
  object({
    sourceId: SourceId,
    externalId: Type.Optional(ExternalId),
    state: oneOf('complete', 'held'),
    missing: Fields,
    contact: Type.Optional(Sealed),
    reachable: Reachable,
    facts: Facts,
    consent: Type.Optional(Consent),
    occurredAt: Timestamp,
  }),
);
export type LeadReceived = EventOf<typeof LeadReceived>;
