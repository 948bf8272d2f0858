import { isUtf8 } from 'node:buffer';
import { setImmediate as breathe } from 'node:timers/promises';
import {
  type ListReading,
  MAX_NAMED_ACCOUNTS,
  type NamedAccountDocument,
  NamedAccountsReader,
  readNamedAccounts,
} from '@fairlead/decisions';
import { type FieldError, invalidInput, Problem } from '@fairlead/platform';
import { type CsvError, parse, type Parser } from 'csv-parse';
import type { Readable } from 'node:stream';

/** 100,000 entries of 160 bytes. Nothing else of ours is as long, so that no other route takes as much. */
export const MAX_LIST_BYTES = 16 * 1024 * 1024;
/** YAML is for what a person writes, and its parser is slow: as long as other documents may be. */
const MAX_YAML_BYTES = 131_072;
/** The longest row that can be right has three texts of some hundred characters. */
const MAX_ROW_BYTES = 16 * 1024;
/** Some ten milliseconds of work; then it is others' turn. */
const ROWS_AT_ONCE = 1_000;

const COLUMNS = ['domain', 'company', 'owner', 'from', 'until'] as const;
type Column = (typeof COLUMNS)[number];

/** @throws Problem that names what is wrong: the first hundred, and how many there are */
export async function readListDocument(body: unknown): Promise<NamedAccountDocument> {
  if (Buffer.isBuffer(body)) {
    if (body.length > MAX_YAML_BYTES)
      throw tooLarge(`As YAML a list may have ${MAX_YAML_BYTES} bytes: send JSON or CSV.`);
    if (!isUtf8(body)) throw invalidInput([{ field: '', detail: 'is not UTF-8' }]);
    return accepted(readNamedAccounts(body.toString()));
  }
  const list = body as { entries?: unknown } | null | undefined;
  if (!Array.isArray(list?.entries)) return accepted(readNamedAccounts(body));
  const { entries, ...head } = list as { entries: unknown[] };
  const reader = new NamedAccountsReader(head);
  for (let from = 0; from < entries.length && reader.rows <= MAX_NAMED_ACCOUNTS; from += ROWS_AT_ONCE) {
    for (const entry of entries.slice(from, from + ROWS_AT_ONCE)) reader.add(entry);
    await breathe();
  }
  return accepted(reader.end());
}

/**
 * A table with a header of `domain, company, owner, from, until`; comma, semicolon or tab, whichever the header has most
 * of. Cells are what they say: one that a spreadsheet would take for a formula is a text like any other.
 * @param owner  of the list
 * @param announcedBytes  what the sender said of the body's length; the body itself is measured as well
 * @throws Problem that names each row that is wrong
 */
export async function readListTable(body: Readable, owner: string, announcedBytes = 0): Promise<NamedAccountDocument> {
  if (announcedBytes > MAX_LIST_BYTES) throw tooLong();
  const reader = new NamedAccountsReader({ owner });
  let columns: readonly Column[] | undefined;
  let isLastRead = false;
  let recordBytes = 0;

  const parserFor = (start: Buffer): Parser =>
    parse({
      bom: true,
      delimiter: delimiterOf(start),
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      on_record: (cells: string[], { lines }: { lines: number }) => {
        recordBytes = 0;
        if (!columns) columns = columnsOf(cells);
        // One more is enough to know that there are too many.
        else if (reader.rows <= MAX_NAMED_ACCOUNTS) addRow(reader, columns, cells, lines);
        return null;
      },
    })
      // What goes wrong is met where it is written; a stream whose errors nobody listens to would end the process.
      .on('error', () => undefined)
      // Records go to `on_record`; nothing is ever read from the stream itself.
      .resume();

  const chunks = limited(body);
  const start = await firstLine(chunks);
  const parser = parserFor(start);
  for (let chunk: Buffer | undefined = start; chunk !== undefined; chunk = await next(chunks)) {
    recordBytes += chunk.length;
    await written(parser, chunk);
    if (recordBytes > chunk.length + MAX_ROW_BYTES) throw notClosed(reader.rows);
    if (reader.rows > MAX_NAMED_ACCOUNTS) throw tooLarge(`A list has at most ${MAX_NAMED_ACCOUNTS} entries.`);
    await breathe();
  }
  try {
    await ended(parser);
    isLastRead = true;
  } catch (error) {
    if ((error as CsvError).code !== 'CSV_QUOTE_NOT_CLOSED') throw error;
  }
  if (!isLastRead) throw notClosed(reader.rows);
  if (!columns) throw malformed('There is no header.');
  if (reader.rows > MAX_NAMED_ACCOUNTS) throw tooLarge(`A list has at most ${MAX_NAMED_ACCOUNTS} entries.`);
  return accepted(reader.end(), inTable);
}

function columnsOf(header: readonly string[]): Column[] {
  if (header.some(isDamaged)) throw malformed('The header is not valid UTF-8: save the file as UTF-8.');
  const names = header.map((name) =>
    name
      .replace(/^\ufeff/, '')
      .trim()
      .toLowerCase(),
  );
  const isColumn = (name: string): name is Column => (COLUMNS as readonly string[]).includes(name);
  const problems: FieldError[] = [
    ...names.flatMap((name, index) => {
      const field = shown(header[index] ?? '');
      if (!isColumn(name)) return [{ field, detail: `column ${index + 1} is none of a list: ${COLUMNS.join(', ')}` }];
      return names.indexOf(name) < index ? [{ field, detail: `column ${index + 1} is there twice` }] : [];
    }),
    ...(['owner', 'from'] as const)
      .filter((name) => !names.includes(name))
      .map((name) => ({ field: name, detail: 'there is no such column' })),
    ...(names.includes('domain') || names.includes('company')
      ? []
      : [{ field: 'domain', detail: 'there is neither a column `domain` nor `company`' }]),
  ];
  if (problems.length > 0) throw invalidInput(problems);
  return names.filter(isColumn);
}

function addRow(reader: NamedAccountsReader, columns: readonly Column[], cells: readonly string[], line: number): void {
  if (cells.some(isDamaged)) return reader.addWrong('is not valid UTF-8: save the file as UTF-8', line);
  if (cells.slice(columns.length).some((cell) => cell.trim() !== ''))
    return reader.addWrong('has more cells than the header', line);
  const entry: Partial<Record<Column, string>> = {};
  columns.forEach((column, index) => {
    const cell = cells[index]?.trim() ?? '';
    if (cell !== '') entry[column] = cell;
  });
  reader.add(entry, line);
}

/** Where a problem is, in the words of what was sent, and what its detail begins with. */
type Place = (
  index: number | undefined,
  field: string,
  line: number | undefined,
) => { readonly field: string; readonly before: string };

const inDocument: Place = (index, field, line) => ({
  field: [...(index === undefined ? [] : ['entries', index]), ...(field === '' ? [] : [field])]
    .map((step) => `/${step}`)
    .join(''),
  before: line === undefined ? '' : `line ${line}: `,
});

/** Rows are counted as people count them: those with data, from 1. */
const inTable: Place = (index, field, line) => ({
  field: field === '' ? 'row' : field,
  before: index === undefined ? '' : `row ${index + 1} (line ${line ?? '?'}): `,
});

function accepted(reading: ListReading, place: Place = inDocument): NamedAccountDocument {
  if (reading.ok) return reading.document;
  const errors = reading.problems.map(({ path, line, detail }) => {
    const [, entry, within] = /^entries\[(\d+)\]\.?(.*)$/.exec(path) ?? [];
    const index = entry === undefined ? undefined : Number(entry);
    const { field, before } = place(index, within ?? path, line);
    return { ...(index !== undefined && { index }), field, detail: `${before}${detail}` };
  });
  const wrong = reading.count === 1 ? 'One thing is wrong' : `${reading.count} things are wrong`;
  const named = reading.count > errors.length ? `; the first ${errors.length} are named` : '';
  const detail = `${wrong}, and nothing of the list was taken${named}.`;
  throw new Problem(400, { type: 'invalid-input', title: 'Invalid input', detail, errors });
}

async function* limited(body: Readable): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  // Whoever stops reading must not destroy the request: its connection would be left half read, and the answer would hang.
  const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > MAX_LIST_BYTES) throw tooLong();
      yield chunk;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    throw new Problem(400, { type: 'cut-off', title: 'Cut off', detail: 'The body ended before it was complete.' });
  }
}

async function firstLine(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for (let chunk = await next(chunks); chunk !== undefined; chunk = await next(chunks)) {
    parts.push(chunk);
    bytes += chunk.length;
    if (chunk.includes(0x0a) || chunk.includes(0x0d)) break;
    if (bytes > MAX_ROW_BYTES) throw malformed('The header does not end.');
  }
  return Buffer.concat(parts);
}

async function next(chunks: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  const result = await chunks.next();
  return result.done === true ? undefined : result.value;
}

function delimiterOf(start: Buffer): string {
  const line = /^[^\r\n]*/.exec(start.toString('utf8'))?.[0].replace(/"[^"]*"/g, '') ?? '';
  const count = (delimiter: string) => line.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, each) => (count(each) > count(best) ? each : best));
}

function written(parser: Parser, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

function ended(parser: Parser): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.once('error', reject);
    parser.end(() => resolve());
  });
}

/** Bytes that are not UTF-8 are read as U+FFFD; a table that really has that character was damaged before. */
function isDamaged(text: string): boolean {
  return text.includes('\ufffd');
}

function shown(name: string): string {
  return name.replace(/\p{C}/gu, '').trim().slice(0, 64);
}

function notClosed(rows: number): Problem {
  return malformed(
    `After ${rows} rows a quotation mark is not closed, or a row is larger than ${MAX_ROW_BYTES} bytes.`,
  );
}

function malformed(detail: string): Problem {
  return new Problem(400, { type: 'malformed-csv', title: 'Malformed CSV', detail });
}

function tooLong(): Problem {
  return tooLarge(`A list may have ${MAX_LIST_BYTES} bytes.`);
}

function tooLarge(detail: string): Problem {
  return new Problem(413, { type: 'too-large', title: 'Too large', detail });
}
