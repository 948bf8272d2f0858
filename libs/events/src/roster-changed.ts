import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, Hash, object, Ordinal, PartyId } from './shapes.js';

/** A partner joined or changed. `hash` is of the whole roster after the change. */
export const RosterChanged = defineEvent(
  'roster.changed',
  1,
  object({
    partner: Type.Unsafe<{ id: string } & Record<string, unknown>>({
      type: 'object',
      properties: { id: PartyId },
      required: ['id'],
      description: 'the whole partner as it is from now on',
    }),
    version: Ordinal,
    hash: Hash,
    actor: Actor,
  }),
  { topic: 'control' },
);
export type RosterChanged = EventOf<typeof RosterChanged>;
