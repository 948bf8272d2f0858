import type { Api } from '../api/client.js';
import { CommandFailed } from '../api/command-failed.js';
import type { OpenFile, Row } from './rows.js';

// 500: the cost of a request is spread thin, and what a broken connection may have to repeat stays small.
const MAX_BATCH_ROWS = 500;

/** A row that is to be sent, as the line that it is. */
export type RowToSend = Row & { readonly text: string };

/** Rows in their order, a request’s worth at a time. @param maxLength  of what is sent of them, in characters */
export async function* batches(rows: AsyncIterable<Row>, maxLength: number): AsyncGenerator<Row[]> {
  let batch: Row[] = [];
  let length = 0;
  for await (const row of rows) {
    const size = isToSend(row) ? row.text.length + 1 : 0;
    if (batch.length > 0 && (batch.length >= MAX_BATCH_ROWS || length + size > maxLength)) {
      yield batch;
      batch = [];
      length = 0;
    }
    length += size;
    batch.push(row);
  }
  if (batch.length > 0) yield batch;
}

/** What is sent of rows of a file: a table begins with its header. */
export function textOf({ header }: Pick<OpenFile, 'header'>, rows: readonly RowToSend[]): string {
  return [...(header === undefined ? [] : [header]), ...rows.map((row) => row.text)].join('\n');
}

export function isToSend(row: Row): row is RowToSend {
  return 'text' in row;
}

/**
 * Sends the rows of a file in order, batch after batch, to where the same rows once more say nothing new: a batch whose answer was
 * lost is sent again.
 * @returns each row with what became of it; undefined for one that is wrong in itself, and was not sent
 */
export async function* postFile<Result extends { readonly index: number }>(
  api: Api,
  file: OpenFile,
  { path, maxLength }: { readonly path: string; readonly maxLength: number },
): AsyncGenerator<(readonly [Row, Omit<Result, 'index'> | undefined])[]> {
  for await (const batch of batches(file.rows, maxLength)) {
    const toSend = batch.filter(isToSend);
    const answered = new Map<Row, Result>();
    if (toSend.length > 0) {
      const body = { type: file.type, text: textOf(file, toSend) };
      const { results } = await api.call<{ results: Result[] }>({ method: 'POST', path, body, isIdempotent: true });
      for (const result of results) {
        const row = toSend[result.index];
        if (row) answered.set(row, result);
      }
    }
    // Every row must be answered, or the sum at the end would be a lie.
    const unanswered = toSend.find((row) => !answered.has(row));
    if (unanswered)
      throw new CommandFailed(`The system did not answer row ${unanswered.number}: its answer is not usable.`);
    yield batch.map((row) => [row, answered.get(row)] as const);
  }
}
