import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, DocumentName, object, Ordinal, Timestamp } from './shapes.js';

/** What `plannedBy` planned, and `approvedBy` approved where it took two, will not be in force `at` that time: `actor` alone took it back. */
export const PolicyActivationCancelled = defineEvent(
  'policy.activation-cancelled',
  1,
  object({
    name: DocumentName,
    version: Ordinal,
    at: Timestamp,
    plannedBy: Actor,
    approvedBy: Type.Optional(Actor),
    actor: Actor,
  }),
  { topic: 'control' },
);
export type PolicyActivationCancelled = EventOf<typeof PolicyActivationCancelled>;
