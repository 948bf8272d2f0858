import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, object, Ordinal, PartyId, Sealed, Slug, Timestamp } from './shapes.js';

/** The lead goes back to marketing, to be offered again when it is riper. */
const LeadRecycledV1 = defineEvent(
  'lead.recycled',
  1,
  object({ party: Type.Optional(PartyId), offer: Type.Optional(Ordinal), reason: Slug, at: Timestamp }),
);

/**
 * The lead that `party` returned is offered again, to somebody who has not had it. `reason`: what it was returned for, where the policy
 * sends such leads on at once; `repaired`, where it was completed or corrected since; or what a person gave, whose key `actor` then is.
 */
export const LeadRecycled = defineEvent(
  'lead.recycled',
  2,
  object({
    party: Type.Optional(PartyId),
    offer: Type.Optional(Ordinal),
    reason: Slug,
    at: Timestamp,
    actor: Type.Optional(Actor),
    note: Type.Optional(Sealed),
  }),
  { upcast: { from: LeadRecycledV1, with: (data) => data } },
);
export type LeadRecycled = EventOf<typeof LeadRecycled>;
