import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, document, DocumentName, Hash, object, Ordinal } from './shapes.js';

const put = {
  name: DocumentName,
  version: Ordinal,
  hash: Hash,
  policy: document('the whole policy, so that the log is complete without us'),
  actor: Actor,
};

/** From here on, leads are distributed under this policy. */
const PolicyActivatedV1 = defineEvent('policy.activated', 1, object(put), { topic: 'control' });

/** From here on, leads are distributed under this policy. Where that takes two people, `actor` proposed it and `approvedBy` is the second. */
export const PolicyActivated = defineEvent(
  'policy.activated',
  2,
  object({ ...put, approvedBy: Type.Optional(Actor) }),
  { topic: 'control', upcast: { from: PolicyActivatedV1, with: (data) => data } },
);
export type PolicyActivated = EventOf<typeof PolicyActivated>;
