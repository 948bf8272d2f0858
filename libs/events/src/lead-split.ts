import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, ChangedFields, KnownLead, object, oneOf, Ordinal, Slug, Uuid } from './shapes.js';

/**
 * A person decided that two leads that were made one are two. Said of each of them, with what it has from now on: `known` is what it
 * had before the merge, and `touches` how often somebody sent it. Of the survivor, `changed` names what it lost with the other, and the
 * contact that `merge` told is not its own any more.
 */
export const LeadSplit = defineEvent(
  'lead.split',
  1,
  object({
    part: oneOf('survivor', 'absorbed'),
    other: Uuid,
    merge: Type.Unsafe<string>({ ...Uuid, description: 'id of the event that made them one' }),
    actor: Actor,
    reason: Slug,
    touches: Ordinal,
    changed: ChangedFields,
    known: Type.Optional(KnownLead),
  }),
);
export type LeadSplit = EventOf<typeof LeadSplit>;
