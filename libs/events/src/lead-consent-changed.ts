import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, ChangedFields, Consent, KnownLead, object, Ordinal, SourceId, Timestamp } from './shapes.js';

/**
 * Somebody said, of a lead that is known, that the person agrees, or does not agree any more, with the proof of it; nothing else
 * came with it. `known` is the lead after it, in which an older word than the one before counts for nothing. A lead that is sent
 * again tells its consent by `lead.merged`.
 */
export const LeadConsentChanged = defineEvent(
  'lead.consent-changed',
  1,
  object({
    sourceId: Type.Optional(SourceId),
    actor: Actor,
    consent: Consent,
    occurredAt: Timestamp,
    touch: Ordinal,
    changed: ChangedFields,
    known: KnownLead,
  }),
);
export type LeadConsentChanged = EventOf<typeof LeadConsentChanged>;
