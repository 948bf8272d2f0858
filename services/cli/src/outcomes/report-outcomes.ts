import type { Api } from '../api/client.js';
import { postFile } from '../import/batches.js';
import type { OpenFile } from '../import/rows.js';

// Of the megabyte that one request may have, three bytes to a character.
const MAX_BATCH_LENGTH = 262_144;

/** What became of the rows of a file: disjoint, and adding up to `rows`. */
export interface OutcomeTally {
  rows: number;
  taken: number;
  repeated: number;
  refused: number;
  invalid: number;
}

/** A row that does not count, and why. */
export interface UntakenRow {
  /** Of the rows with data, counted from 1. */
  readonly row: number;
  /** Of the file, counted from 1. */
  readonly line: number;
  readonly status: 'refused' | 'invalid';
  readonly why: string;
}

interface Result {
  readonly index: number;
  readonly status: 'taken' | 'repeated' | 'refused' | 'invalid';
  readonly why?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly field: string; readonly detail: string }[];
}

export interface Watch {
  /** After each batch. */
  readonly onProgress: (tally: OutcomeTally) => void;
  readonly onUntaken: (row: UntakenRow) => void;
}

/**
 * Sends the outcomes of a file in order, batch after batch. One whose answer was lost is sent again: what was said says nothing new.
 * @returns what became of every row
 */
export async function reportOutcomes(api: Api, file: OpenFile, watch: Watch): Promise<OutcomeTally> {
  const tally: OutcomeTally = { rows: 0, taken: 0, repeated: 0, refused: 0, invalid: 0 };
  for await (const batch of postFile<Result>(api, file, { path: '/v1/outcomes', maxLength: MAX_BATCH_LENGTH })) {
    for (const [row, answer] of batch) {
      const result = answer ?? { status: 'invalid', errors: 'errors' in row ? row.errors : [] };
      tally.rows += 1;
      tally[result.status] += 1;
      const { status } = result;
      if (status === 'refused' || status === 'invalid')
        watch.onUntaken({ row: row.number, line: row.line, status, why: whyOf(result) });
    }
    watch.onProgress(tally);
  }
  return tally;
}

/** The system words its details so that they never quote what was sent. */
function whyOf({ why, detail, errors = [] }: Omit<Result, 'index'>): string {
  return why === undefined
    ? errors.map((error) => `${error.field}: ${error.detail}`).join('; ')
    : `${why}${detail === undefined ? '' : ` (${detail})`}`;
}
