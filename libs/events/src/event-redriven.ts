import { defineEvent, type EventOf } from './define-event.js';
import { Actor, object, Slug, text } from './shapes.js';

/** A parked event is given to its consumer again, under the id that it always had. */
export const EventRedriven = defineEvent(
  'event.redriven',
  1,
  object({ consumer: Slug, eventId: text(256), actor: Actor }),
);
export type EventRedriven = EventOf<typeof EventRedriven>;
