import { defineEvent, type EventOf } from './define-event.js';
import { Fields, object, Timestamp } from './shapes.js';

/** The lead lacks what its pool needs: it waits for it, but not longer than `until`. */
export const LeadHeld = defineEvent('lead.held', 1, object({ missing: Fields, until: Timestamp }));
export type LeadHeld = EventOf<typeof LeadHeld>;
