import { defineEvent, type EventOf } from './define-event.js';
import { Actor, document, DocumentName, Hash, object, Ordinal } from './shapes.js';

/** From here on, leads are distributed under this policy. */
export const PolicyActivated = defineEvent(
  'policy.activated',
  1,
  object({
    name: DocumentName,
    version: Ordinal,
    hash: Hash,
    policy: document('the whole policy, so that the log is complete without us'),
    actor: Actor,
  }),
  { topic: 'control' },
);
export type PolicyActivated = EventOf<typeof PolicyActivated>;
