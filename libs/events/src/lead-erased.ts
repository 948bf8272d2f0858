import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, object, Slug } from './shapes.js';

/** The lead's key is deleted: what was encrypted with it is unreadable for good, here and in every copy. */
export const LeadErased = defineEvent('lead.erased', 1, object({ reason: Type.Optional(Slug), requestedBy: Actor }));
export type LeadErased = EventOf<typeof LeadErased>;
