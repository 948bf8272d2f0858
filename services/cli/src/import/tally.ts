/** What became of the rows of a file: disjoint, and adding up to `rows`. */
export interface Tally {
  rows: number;
  received: number;
  merged: number;
  held: number;
  rejected: number;
}

export interface RejectedRow {
  /** Of the rows with data, counted from 1. */
  readonly row: number;
  /** Of the file, counted from 1. */
  readonly line: number;
  readonly errors: readonly { readonly field: string; readonly detail: string }[];
}
