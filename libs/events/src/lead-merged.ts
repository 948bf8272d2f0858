import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import {
  ChangedFields,
  ExternalId,
  Facts,
  KnownLead,
  object,
  oneOf,
  Ordinal,
  Sealed,
  SourceId,
  Timestamp,
  Uuid,
} from './shapes.js';

/** Somebody already known was sent again. The subject is the lead that survives. */
const LeadMergedV1 = defineEvent(
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

/**
 * Somebody already known was sent again; or, with `absorbed`, two leads turned out to be one person. The subject is the lead
 * that survives. `known` is the lead after it: absent where that was not kept, as of leads that came in before it was.
 * `contact` is there only when this brought contact data that was not known; it is then all that this brought, sealed for
 * this event. `otherwise` is what it said otherwise than it is known, and what does not count.
 */
export const LeadMerged = defineEvent(
  'lead.merged',
  2,
  object({
    sourceId: SourceId,
    externalId: Type.Optional(ExternalId),
    matchedBy: oneOf('externalId', 'email', 'phone', 'proposal'),
    occurredAt: Timestamp,
    touch: Ordinal,
    absorbed: Type.Optional(Uuid),
    changed: ChangedFields,
    contact: Type.Optional(Sealed),
    otherwise: Type.Optional(Facts),
    known: Type.Optional(KnownLead),
  }),
  // What a second submission brought was not told then.
  { upcast: { from: LeadMergedV1, with: (data) => ({ ...data, changed: [] }) } },
);
export type LeadMerged = EventOf<typeof LeadMerged>;
