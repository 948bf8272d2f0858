import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, object, Slug, text } from './shapes.js';

/** A parked event is given to its consumer again, under the id that it always had. */
const EventRedrivenV1 = defineEvent('event.redriven', 1, object({ consumer: Slug, eventId: text(256), actor: Actor }));

/** A parked event is given to its consumer again, under the id that it always had, by a person who says why. */
export const EventRedriven = defineEvent(
  'event.redriven',
  2,
  object({
    consumer: Slug,
    eventId: text(256),
    actor: Actor,
    reason: Type.Optional(
      text(500, 'why, in the words of the person who had it redriven; absent: nobody was asked for a reason then'),
    ),
  }),
  { upcast: { from: EventRedrivenV1, with: (data) => data } },
);
export type EventRedriven = EventOf<typeof EventRedriven>;
