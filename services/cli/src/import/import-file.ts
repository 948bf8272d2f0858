import { randomUUID } from 'node:crypto';
import { type Api, Refused } from '../api/client.js';
import { CommandFailed } from '../api/command-failed.js';
import { batches, isToSend, type RowToSend, textOf } from './batches.js';
import type { OpenFile } from './rows.js';
import type { RejectedRow, Tally } from './tally.js';

// Half of what the intake takes in one request by default (1 MiB), as bytes may be more than characters.
const MAX_BATCH_LENGTH = 524_288;

interface Result {
  readonly index: number;
  readonly status: 'received' | 'merged' | 'held' | 'rejected';
  readonly errors?: readonly { readonly field: string; readonly detail: string }[];
}

export interface Watch {
  /** After each batch. */
  readonly onProgress: (tally: Tally) => void;
  readonly onRejected: (row: RejectedRow) => void;
}

/**
 * Sends the rows of a file in order, batch after batch. Each batch has a key of its own, so that repeating one whose
 * answer was lost tells again what became of it and does nothing twice.
 * @returns what became of every row
 */
export async function importFile(api: Api, file: OpenFile, source: string, watch: Watch): Promise<Tally> {
  const run = randomUUID();
  const tally: Tally = { rows: 0, received: 0, merged: 0, held: 0, rejected: 0 };
  let count = 0;
  for await (const batch of batches(file.rows, MAX_BATCH_LENGTH)) {
    count += 1;
    tally.rows += batch.length;
    const rejected = batch.flatMap((row): RejectedRow[] =>
      isToSend(row) ? [] : [{ row: row.number, line: row.line, errors: 'errors' in row ? row.errors : [] }],
    );
    for (const { row, result } of await send(api, file, source, batch.filter(isToSend), `import-${run}-${count}`)) {
      if (result.status !== 'rejected') tally[result.status] += 1;
      else rejected.push({ row: row.number, line: row.line, errors: result.errors ?? [] });
    }
    tally.rejected += rejected.length;
    for (const row of rejected.sort((one, other) => one.row - other.row)) watch.onRejected(row);
    watch.onProgress(tally);
  }
  return tally;
}

async function send(
  api: Api,
  file: OpenFile,
  source: string,
  rows: readonly RowToSend[],
  idempotencyKey: string,
): Promise<{ row: RowToSend; result: Result }[]> {
  if (rows.length === 0) return [];
  const text = textOf(file, rows);
  try {
    // What was mapped here must not be mapped again where it arrives.
    const mapping = file.isMapped ? '&mapping=none' : '';
    const path = `/v1/leads?source=${encodeURIComponent(source)}${mapping}`;
    const body = { type: file.type, text };
    const { results } = await api.call<{ results: Result[] }>({ method: 'POST', path, body, idempotencyKey });
    return matched(rows, results);
  } catch (error) {
    if (!(error instanceof Refused && error.status === 413)) throw error;
    if (rows.length === 1 && rows[0]) return [{ row: rows[0], result: tooLarge(error) }];
    // The system takes less at once than we thought: halves, until it is one row that is too large.
    const middle = Math.ceil(rows.length / 2);
    const first = await send(api, file, source, rows.slice(0, middle), `${idempotencyKey}a`);
    return [...first, ...(await send(api, file, source, rows.slice(middle), `${idempotencyKey}b`))];
  }
}

function tooLarge({ title, detail }: Refused): Result {
  return { index: 0, status: 'rejected', errors: [{ field: 'row', detail: detail ?? title }] };
}

/** Every row must be answered exactly once, or the sum at the end would be a lie. */
function matched(rows: readonly RowToSend[], results: readonly Result[]): { row: RowToSend; result: Result }[] {
  const byIndex = new Map(results.map((result) => [result.index, result]));
  const pairs = rows.flatMap((row, index) => {
    const result = byIndex.get(index);
    return result ? [{ row, result }] : [];
  });
  if (pairs.length !== rows.length || results.length !== rows.length) {
    throw new CommandFailed(`The system answered ${results.length} rows of ${rows.length}: its answer is not usable.`);
  }
  return pairs;
}
