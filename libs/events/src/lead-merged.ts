import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { ExternalId, object, oneOf, Ordinal, SourceId, Timestamp } from './shapes.js';

/** Somebody already known was sent again. The subject is the lead that survives. */
export const LeadMerged = defineEvent(
  'lead.merged',
  1,
  object({
    sourceId: SourceId,
    externalId: Type.Optional(ExternalId),
    matchedBy: oneOf('externalId', 'email', 'phone'),
    occurredAt: Timestamp,
    touch: Ordinal,
  }),
);
export type LeadMerged = EventOf<typeof LeadMerged>;
