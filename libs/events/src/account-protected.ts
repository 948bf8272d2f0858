import { Type } from '@sinclair/typebox';
import { claimed, term } from './account-claim.js';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, object, Ordinal, PolicyRef } from './shapes.js';

/**
 * A partner's claim on an account stands: from now on the account's leads are offered to that partner first. `version` counts
 * the changes of all claims, one by one, so that a decision can name the state it saw. `policy`: it set a registration's term.
 */
export const AccountProtected = defineEvent(
  'account.protected',
  1,
  object({ ...claimed, ...term, version: Ordinal, policy: Type.Optional(PolicyRef), actor: Actor }),
  { topic: 'control' },
);
export type AccountProtected = EventOf<typeof AccountProtected>;
