import { Type } from '@sinclair/typebox';
import { claimed } from './account-claim.js';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, object, oneOf, Ordinal, text, Timestamp } from './shapes.js';

/** A claim ended before its time: the partner gave it up, or the vendor took it away and said why. */
export const AccountReleased = defineEvent(
  'account.released',
  1,
  object({
    ...claimed,
    at: Timestamp,
    why: oneOf('withdrawn', 'revoked'),
    reason: Type.Optional(text(500)),
    version: Ordinal,
    actor: Actor,
  }),
  { topic: 'control' },
);
export type AccountReleased = EventOf<typeof AccountReleased>;
