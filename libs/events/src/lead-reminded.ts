import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { object, oneOf, Ordinal, PartyId, Timestamp } from './shapes.js';

/**
 * The party is reminded, as the policy under which it was offered the lead says. `offer-ends`: it has not answered, and can until
 * `acceptBy`. `no-word`: it has accepted, and has said nothing since `silentSince`. `number` counts the reminders of that kind: of the offer,
 * or since the party's last word. Nothing is decided by it.
 */
export const LeadReminded = defineEvent(
  'lead.reminded',
  1,
  object({
    party: PartyId,
    offer: Ordinal,
    what: oneOf('offer-ends', 'no-word'),
    number: Ordinal,
    at: Timestamp,
    acceptBy: Type.Optional(Timestamp),
    silentSince: Type.Optional(Timestamp),
  }),
);
export type LeadReminded = EventOf<typeof LeadReminded>;
