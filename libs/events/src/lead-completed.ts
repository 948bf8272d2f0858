import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Consent, Facts, Fields, object, oneOf, Reachable, Sealed, SourceId, Timestamp } from './shapes.js';

/** A held lead goes on: what was missing came in, or the time for it ran out and it goes on as it is. */
export const LeadCompleted = defineEvent(
  'lead.completed',
  1,
  object({
    by: oneOf('supplied', 'hold-expired'),
    supplied: Fields,
    missing: Fields,
    sourceId: SourceId,
    contact: Type.Optional(Sealed),
    reachable: Reachable,
    facts: Facts,
    consent: Type.Optional(Consent),
    occurredAt: Timestamp,
  }),
);
export type LeadCompleted = EventOf<typeof LeadCompleted>;
