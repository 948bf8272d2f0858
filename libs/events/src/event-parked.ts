import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Count, EventType, object, Slug, text, Uuid } from './shapes.js';

/** A consumer could not process an event and put it aside. The error's class only: its text may quote the lead. */
export const EventParked = defineEvent(
  'event.parked',
  1,
  object({
    consumer: Slug,
    eventId: text(256, 'as it was written; what could not be parsed has the id of its parking place'),
    eventType: EventType,
    address: object({ topic: text(249), partition: Count, offset: Count }),
    errorClass: text(128),
    behind: Type.Optional(Uuid),
  }),
);
export type EventParked = EventOf<typeof EventParked>;
