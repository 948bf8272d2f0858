import { defineEvent, type EventOf } from './define-event.js';
import { Actor, object, Slug, Uuid } from './shapes.js';

/**
 * A person decided that this lead is one with another, which survives: what is sent of the person from now on comes to that one.
 * What parties were offered of this lead stays with them. Whoever follows this one finds out here what became of it.
 */
export const LeadAbsorbed = defineEvent(
  'lead.absorbed',
  1,
  object({ into: Uuid, merge: Uuid, actor: Actor, reason: Slug }),
);
export type LeadAbsorbed = EventOf<typeof LeadAbsorbed>;
