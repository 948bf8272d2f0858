import type { Api } from '../api/client.js';
import { CommandFailed } from '../api/command-failed.js';
import type { OpenFile, Row } from '../import/rows.js';

// 500: the cost of a request is spread thin, and what a broken connection may have to repeat stays small.
const MAX_BATCH_ROWS = 500;
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
  for await (const batch of batches(file.rows)) {
    const toSend = batch.filter((row) => 'text' in row);
    const results = await send(api, file, toSend);
    for (const row of batch) {
      const result = 'text' in row ? results.get(row) : { status: 'invalid' as const, errors: row.errors };
      // Every row must be answered, or the sum at the end would be a lie.
      if (!result) throw new CommandFailed(`The system did not answer row ${row.number}: its answer is not usable.`);
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

async function* batches(rows: AsyncIterable<Row>): AsyncGenerator<Row[]> {
  let batch: Row[] = [];
  let length = 0;
  for await (const row of rows) {
    const size = 'text' in row ? row.text.length + 1 : 0;
    if (batch.length > 0 && (batch.length >= MAX_BATCH_ROWS || length + size > MAX_BATCH_LENGTH)) {
      yield batch;
      batch = [];
      length = 0;
    }
    length += size;
    batch.push(row);
  }
  if (batch.length > 0) yield batch;
}

async function send(
  api: Api,
  { header, type }: OpenFile,
  rows: readonly (Row & { readonly text: string })[],
): Promise<Map<Row, Omit<Result, 'index'>>> {
  if (rows.length === 0) return new Map();
  const text = [...(header === undefined ? [] : [header]), ...rows.map((row) => row.text)].join('\n');
  const { results } = await api.call<{ results: Result[] }>({
    ...{ method: 'POST', path: '/v1/outcomes', body: { type, text }, isIdempotent: true },
  });
  return new Map(
    results.flatMap((result) => {
      const row = rows[result.index];
      return row ? [[row, result]] : [];
    }),
  );
}

/** The system words its details so that they never quote what was sent. */
function whyOf({ why, detail, errors = [] }: Omit<Result, 'index'>): string {
  return why === undefined
    ? errors.map((error) => `${error.field}: ${error.detail}`).join('; ')
    : `${why}${detail === undefined ? '' : ` (${detail})`}`;
}
