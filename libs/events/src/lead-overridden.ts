import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, object, PartyId, text } from './shapes.js';

/** A person sent the lead elsewhere than the policy would have; null: the policy would have sent it to nobody. */
export const LeadOverridden = defineEvent(
  'lead.overridden',
  1,
  object({
    to: PartyId,
    actor: Actor,
    reason: text(500),
    policyWould: Type.Unsafe<string | null>({ type: ['string', 'null'], pattern: PartyId.pattern }),
  }),
);
export type LeadOverridden = EventOf<typeof LeadOverridden>;
