import { contactFields, type FieldError, type Mapping } from '@fairlead/decisions';
import type { Api } from '../api/client.js';
import { postFile } from './batches.js';
import type { OpenFile, Take } from './rows.js';
import type { RejectedRow } from './tally.js';

// Of the five megabytes that one request may have, three bytes to a character.
const MAX_BATCH_LENGTH = 524_288;

/** What became of the rows of a history: disjoint, and adding up to `rows`. */
export interface HistoryTally {
  rows: number;
  imported: number;
  changed: number;
  known: number;
  rejected: number;
}

interface Result {
  readonly index: number;
  readonly status: 'imported' | 'changed' | 'known' | 'rejected';
  readonly errors?: readonly FieldError[];
}

export interface Watch {
  /** After each batch. */
  readonly onProgress: (tally: HistoryTally) => void;
  readonly onRejected: (row: RejectedRow) => void;
}

/** Sends the deals of a file in order. @returns what became of every row */
export async function importHistory(api: Api, file: OpenFile, source: string, watch: Watch): Promise<HistoryTally> {
  const tally: HistoryTally = { rows: 0, imported: 0, changed: 0, known: 0, rejected: 0 };
  const path = `/v1/history?source=${encodeURIComponent(source)}`;
  for await (const batch of postFile<Result>(api, file, { path, maxLength: MAX_BATCH_LENGTH })) {
    for (const [row, answer] of batch) {
      const { status, errors = [] } = answer ?? { status: 'rejected', errors: 'errors' in row ? row.errors : [] };
      tally.rows += 1;
      tally[status] += 1;
      if (status === 'rejected') watch.onRejected({ row: row.number, line: row.line, errors });
    }
    watch.onProgress(tally);
  }
  return tally;
}

const contact: ReadonlySet<string> = new Set(contactFields);

/** A deal as it is sent: contact data do not leave the machine. */
export const takeDeal: Take = ({ lead, history }) => ({
  ...Object.fromEntries(Object.entries(lead).filter(([field]) => !contact.has(field))),
  ...history,
});

/** What a mapping fills that a history does not take. */
export function contactIn({ columns, constants = {} }: Mapping): string[] {
  return contactFields.filter((field) => Object.values(columns).includes(field) || Object.hasOwn(constants, field));
}
