import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { type FieldError, type Mapped, type Mapping, applyMapping, bindMapping } from '@fairlead/decisions';
import { parse } from 'csv-parse';
import { CommandFailed } from '../api/command-failed.js';
import { type JsonText, jsonValues, Unreadable } from './json-values.js';

/** A row of the file: ready to be sent, or wrong in a way that the system need not be asked about. */
export type Row = { readonly number: number; readonly line: number } & (
  { readonly text: string } | { readonly errors: readonly FieldError[] }
);

export interface OpenFile {
  readonly format: 'csv' | 'json' | 'ndjson';
  readonly rows: AsyncIterable<Row>;
  /** Each row is a line of this type; a CSV batch begins with `header`. */
  readonly type: 'application/x-ndjson' | 'text/csv';
  readonly header?: string;
  /** In our fields already, whatever the source's own mapping says. */
  readonly isMapped: boolean;
  readonly sizeBytes: number;
  readonly readBytes: () => number;
  /** Columns that the mapping does not know, as they will not be sent. */
  readonly leftOut: readonly string[];
}

// A lead must fit a log entry of 65,535 bytes; four times that holds any export's columns that are not part of it.
const MAX_ROW_LENGTH = 262_144;

/** What is made of a row that was mapped: the lead alone, unless more of it is wanted. */
export type Take = (mapped: Extract<Mapped, { ok: true }>) => object;

/**
 * Opens a file of leads. With a mapping, its columns become our fields here; without one, the rows go as they are and
 * the source's own mapping is applied where they arrive.
 */
export async function openFile(
  path: string,
  mapping: Mapping | undefined,
  take: Take = ({ lead }) => lead,
): Promise<OpenFile> {
  const { sizeBytes, start, encoding } = await inspect(path);
  const format = formatOf(path, start);
  const bytes = createReadStream(path);
  const content = encoding === 'utf-8' ? bytes : Readable.from(inUtf8(bytes, encoding));
  const file = { format, isMapped: mapping !== undefined, sizeBytes, readBytes: () => bytes.bytesRead, leftOut: [] };
  if (format === 'csv') return { ...file, ...(await csvFile(content, start, mapping, take)) };
  const texts = format === 'json' ? jsonValues(textOf(content), MAX_ROW_LENGTH) : lines(content);
  return { ...file, type: 'application/x-ndjson', rows: jsonRows(texts, mapping, take) };
}

// Shows what kind of file it is, and holds the header of all but the widest exports.
const START_BYTES = 16_384;

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

async function inspect(path: string): Promise<{ sizeBytes: number; start: string; encoding: Encoding }> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailed(`${path} cannot be read (${error.code ?? error.message}).`);
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new CommandFailed(`${path} is not a file.`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
    const start = buffer.subarray(0, bytesRead);
    if (start[0] === 0x1f && start[1] === 0x8b) throw new CommandFailed(`${path} is compressed: gunzip it first.`);
    if (start[0] === 0x50 && start[1] === 0x4b && start[2] === 3) {
      throw new CommandFailed(`${path} is a workbook or an archive: save the sheet as CSV and import that.`);
    }
    const encoding = encodingOf(start);
    return { sizeBytes: stat.size, start: new TextDecoder(encoding).decode(start), encoding };
  } finally {
    await file.close();
  }
}

/** By its byte order mark. Excel's “Unicode text” and Meta's downloads of leads are UTF-16. */
function encodingOf(start: Buffer): Encoding {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : 'utf-8';
}

async function* inUtf8(bytes: Readable, encoding: Encoding): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of bytes) yield Buffer.from(decoder.decode(chunk as Buffer, { stream: true }));
  yield Buffer.from(decoder.decode());
}

function formatOf(path: string, start: string): 'csv' | 'json' | 'ndjson' {
  const extension = extname(path).toLowerCase();
  if (['.csv', '.tsv', '.tab'].includes(extension)) return 'csv';
  if (['.ndjson', '.jsonl'].includes(extension)) return 'ndjson';
  const first = start.replace(/^\ufeff/, '').trimStart()[0];
  return extension === '.json' || first === '[' || first === '{' ? 'json' : 'csv';
}

// --- CSV ------------------------------------------------------------------------------------------------------------

interface Parsed {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

async function csvFile(
  bytes: Readable,
  start: string,
  mapping: Mapping | undefined,
  take: Take,
): Promise<Pick<OpenFile, 'rows' | 'type' | 'header' | 'leftOut'>> {
  const parser = bytes.pipe(
    parse({
      bom: true,
      delimiter: delimiterOf(start),
      info: true,
      max_record_size: MAX_ROW_LENGTH,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
    }),
  );
  bytes.once('error', (error) => parser.destroy(error));
  const records = parser[Symbol.asyncIterator]() as AsyncIterator<Parsed>;
  const first = await records.next().catch(csvProblem);
  if (first.done) throw new CommandFailed('The file is empty: not even a header.');
  const header = first.value.record.map((column) => column.trim());
  if (mapping === undefined) {
    const rows = csvRows(records, header, (cells) => ({ text: csvLine(cells) }));
    return { rows, type: 'text/csv', header: csvLine(header), leftOut: [] };
  }
  const bound = bindMapping(mapping, header);
  if (!bound.ok)
    throw new CommandFailed(['The mapping does not fit the file.', ...sentences(bound.errors)].join('\n  '));
  const rows = csvRows(records, header, (cells) => {
    const mapped = bound.apply(cells);
    return mapped.ok ? { text: JSON.stringify(take(mapped)) } : { errors: mapped.errors };
  });
  const leftOut = header.filter((column) => column !== '' && !Object.hasOwn(mapping.columns, column));
  return { rows, type: 'application/x-ndjson', leftOut };
}

async function* csvRows(
  records: AsyncIterator<Parsed>,
  header: readonly string[],
  understand: (cells: string[]) => { text: string } | { errors: readonly FieldError[] },
): AsyncGenerator<Row> {
  for (let number = 1; ; number += 1) {
    const next = await records.next().catch(csvProblem);
    if (next.done) return;
    const { record, info } = next.value;
    const unreadable = record.findIndex((cell) => cell.includes('\ufffd'));
    const row = { number, line: info.lines };
    if (unreadable >= 0) yield { ...row, errors: [notUtf8(header[unreadable] ?? 'row')] };
    else yield { ...row, ...understand(record) };
  }
}

function csvProblem(error: unknown): never {
  const { code, lines, message } = error as { code?: string; lines?: number; message: string };
  if (code === undefined || !code.startsWith('CSV_')) throw new CommandFailed(`The file cannot be read on: ${message}`);
  const what =
    code === 'CSV_MAX_RECORD_SIZE' || code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'a quotation mark is not closed, or the row is too long'
      : 'the row is not CSV';
  throw new Unreadable(lines ?? 0, what);
}

/** Comma, semicolon (Excel, in most of Europe) or tab: whichever the header has most of, outside quotation marks. */
function delimiterOf(start: string): string {
  const header = start.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)[0] ?? '';
  const bare = header.replace(/"(?:[^"]|"")*"?/g, '');
  const counted = [',', ';', '\t'].map((delimiter) => ({ delimiter, count: bare.split(delimiter).length }));
  return counted.reduce((best, each) => (each.count > best.count ? each : best)).delimiter;
}

function csvLine(cells: readonly string[]): string {
  return cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
}

// --- JSON, NDJSON ---------------------------------------------------------------------------------------------------

async function* textOf(bytes: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of bytes) yield decoder.decode(chunk as Buffer, { stream: true });
  yield decoder.decode();
}

async function* lines(bytes: Readable): AsyncGenerator<JsonText> {
  let line = 0;
  for await (const text of createInterface({ input: bytes, crlfDelay: Infinity })) {
    line += 1;
    if (text.length > MAX_ROW_LENGTH) throw new Unreadable(line, `longer than ${MAX_ROW_LENGTH} characters`);
    if (text.trim() !== '') yield { text: text.replace(/^\ufeff/, ''), line };
  }
}

async function* jsonRows(
  texts: AsyncIterable<JsonText>,
  mapping: Mapping | undefined,
  take: Take,
): AsyncGenerator<Row> {
  let number = 0;
  for await (const { text, line } of texts) {
    number += 1;
    yield { number, line, ...understandJson(text, mapping, take) };
  }
}

function understandJson(
  text: string,
  mapping: Mapping | undefined,
  take: Take,
): { text: string } | { errors: readonly FieldError[] } {
  if (text.includes('\ufffd')) return { errors: [notUtf8('row')] };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { errors: [{ field: 'row', rule: 'json', detail: 'Not JSON.' }] };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { errors: [{ field: 'row', rule: 'type', detail: 'A lead is a JSON object.' }] };
  }
  // As it was written: numbers that a double cannot hold must reach whoever refuses them.
  if (mapping === undefined) return { text };
  const mapped = applyMapping(value as Record<string, unknown>, mapping);
  return mapped.ok ? { text: JSON.stringify(take(mapped)) } : { errors: mapped.errors };
}

function notUtf8(field: string): FieldError {
  return { field, rule: 'encoding', detail: 'Not UTF-8: save the file as UTF-8.' };
}

function sentences(errors: readonly FieldError[]): string[] {
  return errors.slice(0, 20).map(({ detail }) => detail);
}
