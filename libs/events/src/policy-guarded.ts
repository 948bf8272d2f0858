import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, DocumentName, object } from './shapes.js';

/**
 * Whether putting this policy in force or out of force takes two people from here on. That it does one person says; that it does not any more
 * `actor` proposed and `approvedBy` approved.
 */
export const PolicyGuarded = defineEvent(
  'policy.guarded',
  1,
  object({ name: DocumentName, needed: Type.Boolean(), actor: Actor, approvedBy: Type.Optional(Actor) }),
  { topic: 'control' },
);
export type PolicyGuarded = EventOf<typeof PolicyGuarded>;
