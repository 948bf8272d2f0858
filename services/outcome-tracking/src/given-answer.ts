import type { Amendment, Answer } from '@fairlead/decisions';
import type { KeyedRequest } from './store/idempotency-keys.store.js';

interface GivenBy {
  readonly leadId: string;
  readonly note?: string | undefined;
  /** Id of the key that gave it, or on whose behalf it was given. */
  readonly actor: string;
  readonly idempotency?: KeyedRequest | undefined;
}

/** An answer as a party gave it. */
export interface GivenAnswer extends Omit<Answer, 'at'>, GivenBy {
  /** Milliseconds since the epoch; now, if not given. */
  readonly at?: number | undefined;
}

/** A correction as a party gave it. */
export interface GivenAmendment extends Amendment, GivenBy {}

export type Given = GivenAnswer | GivenAmendment;
