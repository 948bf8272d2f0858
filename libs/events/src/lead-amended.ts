import { type Static, Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, Amount, object, oneOf, Ordinal, PartyId, Sealed, Slug, Timestamp } from './shapes.js';

/** An outcome as it was reported; `at` is when it happened. */
const Outcome = object({
  type: oneOf('contacted', 'qualified', 'won', 'lost', 'returned'),
  at: Timestamp,
  reason: Type.Optional(Slug),
  amount: Type.Optional(Amount),
});
export type Outcome = Static<typeof Outcome>;

/**
 * The party corrected what it had reported: not `was`, but `is`; without `is` nothing of the kind had happened. What was said first
 * stays said, in its own event. `correction` counts those of the offer, from 1.
 */
export const LeadAmended = defineEvent(
  'lead.amended',
  1,
  object({
    party: PartyId,
    offer: Ordinal,
    correction: Ordinal,
    was: Outcome,
    is: Type.Optional(Outcome),
    at: Timestamp,
    actor: Type.Optional(Actor),
    note: Type.Optional(Sealed),
  }),
);
export type LeadAmended = EventOf<typeof LeadAmended>;
