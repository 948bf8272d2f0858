import { isUtf8 } from 'node:buffer';
import { invalidInput, parseJson, Problem } from '@fairlead/platform';
import { type CsvError, parse } from 'csv-parse/sync';

/** A thousand outcomes of a kilobyte, most of which would be notes; more are sent in several requests. */
export const MAX_OUTCOMES = 1_000;
export const MAX_OUTCOMES_BYTES = 1024 * 1024;
/** A note of 2,000 characters, as long as UTF-8 and quotation marks make it, and the rest. */
const MAX_ROW_BYTES = 16 * 1024;

/** Columns of a table, and where each belongs in a report. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  lead: ['lead'],
  type: ['type'],
  at: ['at'],
  reason: ['reason'],
  amount: ['amount', 'value'],
  currency: ['amount', 'currency'],
  offer: ['offer'],
  note: ['note'],
  corrects: ['corrects', 'type'],
  correctsAt: ['corrects', 'at'],
  correctsReason: ['corrects', 'reason'],
  correctsAmount: ['corrects', 'amount', 'value'],
  correctsCurrency: ['corrects', 'amount', 'currency'],
};
export const columns = Object.keys(COLUMNS);
const NUMBERS: ReadonlySet<string> = new Set(['amount', 'offer', 'correctsAmount']);
/** As JSON writes numbers: what a spreadsheet shows, 12.500,00, is not guessed at. */
const NUMBER = /^\d{1,15}(\.\d{1,6})?$/;

/**
 * Outcomes as they were sent: a table, lines of JSON, or a list. None of them is checked yet.
 * @param contentType  in lower case; undefined where nothing was sent, since nothing else comes without one
 * @throws Problem where they cannot be told apart, or are too many
 */
export async function readOutcomes(
  body: AsyncIterable<Buffer> | Buffer | undefined,
  contentType: string | undefined,
): Promise<unknown[]> {
  const bytes = await bytesOf(body);
  if (!isUtf8(bytes)) throw invalidInput([{ field: '', detail: 'is not UTF-8' }]);
  const outcomes = read(bytes, contentType ?? 'application/json');
  if (outcomes.length > MAX_OUTCOMES)
    throw new Problem(413, { type: 'too-many', detail: `At most ${MAX_OUTCOMES} outcomes are taken in one request.` });
  return outcomes;
}

/** JSON comes as bytes, lines and tables as what is coming in. */
async function bytesOf(body: AsyncIterable<Buffer> | Buffer | undefined): Promise<Buffer> {
  if (body === undefined || Buffer.isBuffer(body)) return body ?? Buffer.alloc(0);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > MAX_OUTCOMES_BYTES)
      throw new Problem(413, {
        type: 'too-large',
        detail: `At most ${MAX_OUTCOMES_BYTES} bytes are taken in one request.`,
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function read(bytes: Buffer, contentType: string): unknown[] {
  if (contentType.startsWith('text/csv')) return readTable(bytes);
  if (contentType.startsWith('application/x-ndjson')) return readLines(bytes);
  const list = parseJson(bytes);
  if (Array.isArray(list)) return list;
  throw invalidInput([{ field: '', detail: 'must be a list of outcomes' }]);
}

/** A line that is no JSON is one row that is wrong, like any other. */
function readLines(bytes: Buffer): unknown[] {
  const lines = bytes
    .toString()
    .split('\n')
    .filter((line) => line.trim() !== '');
  if (lines.length > MAX_OUTCOMES) return lines;
  return lines.map((line) => {
    try {
      return parseJson(Buffer.from(line));
    } catch {
      return undefined;
    }
  });
}

function readTable(bytes: Buffer): unknown[] {
  const rows = recordsIn(bytes);
  const header = (rows[0] ?? []).map((name) => name.trim());
  const unknown = header.filter((name) => !Object.hasOwn(COLUMNS, name));
  if (header.length === 0 || unknown.length > 0 || new Set(header).size < header.length)
    throw invalidInput([{ field: 'header', detail: `must have, each once, only columns of: ${columns.join(', ')}` }]);
  return rows.slice(1).map((cells) => rowOf(header, cells));
}

function recordsIn(bytes: Buffer): string[][] {
  try {
    const delimiter = delimiterOf(bytes);
    return parse(bytes, {
      ...{ bom: true, delimiter, relax_column_count: true, skip_empty_lines: true, to: MAX_OUTCOMES + 2 },
      max_record_size: MAX_ROW_BYTES,
    });
  } catch (error) {
    const { lines } = error as CsvError & { lines?: number };
    if (!(error instanceof Error) || lines === undefined) throw error;
    throw new Problem(400, {
      type: 'malformed-csv',
      title: 'Malformed CSV',
      detail: `It cannot be read from line ${lines} on.`,
    });
  }
}

/** Comma, semicolon or tab, whichever the header has most of. */
function delimiterOf(bytes: Buffer): string {
  const line = /^[^\r\n]*/.exec(bytes.subarray(0, MAX_ROW_BYTES).toString())?.[0] ?? '';
  const count = (delimiter: string) => line.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, each) => (count(each) > count(best) ? each : best));
}

interface Branch {
  [field: string]: Branch | string | number;
}

/** What a cell leaves empty is not said. A cell too many is a field that is not known. */
function rowOf(header: readonly string[], cells: readonly string[]): Branch {
  const row: Branch = cells.length > header.length ? { extra: 'cells' } : {};
  for (const [index, column] of header.entries()) {
    const text = cells[index]?.trim() ?? '';
    if (text === '') continue;
    const path = COLUMNS[column] as readonly string[];
    let place = row;
    for (const field of path.slice(0, -1)) place = (place[field] ??= {}) as Branch;
    place[path.at(-1) as string] = NUMBERS.has(column) && NUMBER.test(text) ? Number(text) : text;
  }
  return row;
}
