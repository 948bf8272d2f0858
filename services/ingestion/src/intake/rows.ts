import type { Doing, FieldError, IdentityKind, NormalisedLead } from '@fairlead/decisions';
import type { OpenUnit } from '@fairlead/messaging';
import type { KeyedPart } from '../store/idempotency-keys.store.js';
import type { ContactKey } from './contact-keys.js';
import type { NearKey } from './near-keys.js';

/**
 * Something that somebody did, as a marketing tool tells it beside its leads: no lead in itself. Of somebody who is known it
 * adds to the lead's engagement; of anybody else it is counted and goes no further, since an opened mail alone is nobody
 * that a seller could call.
 */
export interface Activity {
  readonly kind: 'activity';
  /** At least one of them; the externalId is the source's own. Email and phone as they were sent. */
  readonly who: { readonly externalId?: string; readonly email?: string; readonly phone?: string };
  /** What was done, in lower case with hyphens: `email-opened`, `page-viewed`. */
  readonly activity: string;
  /** How much more there is of each kind of engagement: `{ pageViews: 1 }`; whole numbers. */
  readonly adds: Readonly<Record<string, number>>;
  /** What each kind of engagement is from now on: `{ points: 40, lastPage: '/pricing' }`. */
  readonly sets: Readonly<Record<string, number | string>>;
  /** Whether they agree from now on, where that is what they said by it. */
  readonly agrees?: boolean;
  /** Milliseconds since the epoch. */
  readonly occurredAt: number;
}

/** One row of a request, understood or not, with the id that it gets if it is a lead and new. */
export type PreparedRow = LeadRow | ActivityRow | UnusableRow;

interface Row {
  readonly index: number;
  readonly leadId: string;
  /** Where it came in a request of its own; else its submission's counts. */
  readonly traceparent?: string | undefined;
}

export interface LeadRow extends Row {
  readonly kind: 'lead';
  readonly lead: NormalisedLead;
  readonly keys: readonly HashedKey[];
  readonly contactKey: ContactKey;
  readonly near: readonly NearKey[];
  /**
   * When it was so, in milliseconds since the epoch, where it happened before: of somebody known, what is told of them counts as of then.
   * Undefined: as of when it happened.
   */
  readonly asOf?: number;
}

/** What it tells of somebody who is known already. */
export function toldOfKnown({ lead, asOf }: LeadRow): NormalisedLead {
  return asOf === undefined ? lead : { ...lead, occurredAt: asOf };
}

export interface ActivityRow extends Row {
  readonly kind: 'activity';
  readonly sourceId: string;
  readonly externalId: string | undefined;
  readonly activity: string;
  readonly doing: Doing;
  readonly agrees?: boolean;
  readonly keys: readonly HashedKey[];
}

export interface UnusableRow extends Row {
  readonly kind: 'unusable';
  /** Undefined where it is not known, and then nobody can be told. */
  readonly sourceId: string | undefined;
  readonly externalId: string | undefined;
  readonly errors: readonly FieldError[];
}

export interface HashedKey {
  readonly kind: IdentityKind;
  readonly key: Buffer;
}

/** What is taken in together: all rows of a small request, or a part of a large one. */
export interface Submission {
  readonly rows: readonly PreparedRow[];
  readonly keyedPart?: KeyedPart;
  /**
   * Stored in the same transaction, unless the submission was taken in before. May run again, in another one. Of submissions that
   * share one, it is called once, with the parts of all that the transaction takes in.
   */
  readonly alongside?: (unit: OpenUnit, parts: readonly KeyedPart[]) => Promise<void>;
  readonly traceparent?: string;
  /** Rows of earlier parts of the same request that were no leads. */
  readonly rejectedBefore?: number;
}

/** What became of one row. */
export interface RowResult {
  /** From 0. */
  readonly index: number;
  /** The lead's id; of a merged one, that of the lead that it was merged into; of an activity, that of who did it. */
  readonly id: string;
  /** `engaged`: an activity of somebody known; `ignored`: of nobody who is. */
  readonly status: 'received' | 'merged' | 'held' | 'rejected' | 'engaged' | 'ignored';
  readonly errors?: readonly FieldError[];
}
