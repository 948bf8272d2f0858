import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, DocumentName, object, Ordinal, text } from './shapes.js';

/** What `proposedBy` wanted to put in force stays out of it. Without `version` it was that no second person is needed any more. */
export const PolicyProposalRejected = defineEvent(
  'policy.proposal-rejected',
  1,
  object({
    name: DocumentName,
    version: Type.Optional(Ordinal),
    proposedBy: Actor,
    actor: Actor,
    reason: text(500, 'why, in the words of the one who rejected it'),
  }),
  { topic: 'control' },
);
export type PolicyProposalRejected = EventOf<typeof PolicyProposalRejected>;
