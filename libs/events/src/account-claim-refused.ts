import { claimed, Conflict } from './account-claim.js';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, object, Timestamp } from './shapes.js';

/** A partner's claim on an account came too late: of two claims the first one stands. */
export const AccountClaimRefused = defineEvent(
  'account.claim-refused',
  1,
  object({ ...claimed, at: Timestamp, conflict: Conflict, actor: Actor }),
  { topic: 'control' },
);
export type AccountClaimRefused = EventOf<typeof AccountClaimRefused>;
