import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { object, Ordinal, PartyId, Slug, Timestamp } from './shapes.js';

/** The lead goes back to marketing, to be offered again when it is riper. */
export const LeadRecycled = defineEvent(
  'lead.recycled',
  1,
  object({ party: Type.Optional(PartyId), offer: Type.Optional(Ordinal), reason: Slug, at: Timestamp }),
);
export type LeadRecycled = EventOf<typeof LeadRecycled>;
