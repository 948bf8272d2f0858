import type { FieldError, IdentityKind, NormalisedLead } from '@fairlead/decisions';
import type { OpenUnit } from '@fairlead/messaging';
import type { KeyedPart } from '../store/idempotency-keys.store.js';

/** One lead of a request, understood or not, with the id that it gets if it is new. */
export type PreparedRow = {
  readonly index: number;
  readonly leadId: string;
} & (
  | { readonly ok: true; readonly lead: NormalisedLead; readonly keys: readonly HashedKey[] }
  | {
      readonly ok: false;
      /** Undefined where it is not known, and then nobody can be told. */
      readonly sourceId: string | undefined;
      readonly externalId: string | undefined;
      readonly errors: readonly FieldError[];
    }
);

export interface HashedKey {
  readonly kind: IdentityKind;
  readonly key: Buffer;
}

/** What is taken in together: all rows of a small request, or a part of a large one. */
export interface Submission {
  readonly rows: readonly PreparedRow[];
  readonly keyedPart?: KeyedPart;
  /** Stored in the same transaction, unless the submission was taken in before. May run again, in another one. */
  readonly alongside?: (unit: OpenUnit) => Promise<void>;
  readonly traceparent?: string;
}

/** What became of one row. */
export interface RowResult {
  /** From 0. */
  readonly index: number;
  /** The lead's id; of a merged one, that of the lead that it was merged into. */
  readonly id: string;
  readonly status: 'received' | 'merged' | 'held' | 'rejected';
  readonly errors?: readonly FieldError[];
}
