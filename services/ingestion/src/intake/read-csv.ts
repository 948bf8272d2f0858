import { bindMapping, type BoundMapping, type Mapping, mappingOfOurFields } from '@fairlead/decisions';
import { invalidInput } from '@fairlead/platform';
import { type CsvError, parse, type Parser } from 'csv-parse';
import { malformed, MAX_ROW_BYTES, type RawRow } from './read-body.js';

/**
 * A table with a header. Columns become our fields by the mapping; without one the header must be in our words, and a
 * column that is not is refused by name. Comma, semicolon or tab, whichever the header has most of.
 */
export async function* readCsv(
  body: AsyncIterable<Buffer>,
  { mapping, strict }: { readonly mapping: Mapping | undefined; readonly strict: boolean },
): AsyncGenerator<RawRow[], void, undefined> {
  const chunks = body[Symbol.asyncIterator]();
  const start = await firstLine(chunks);
  let rows: RawRow[] = [];
  let recordBytes = 0;
  let bound: BoundMapping | undefined;

  const parser = parse({
    bom: true,
    delimiter: delimiterOf(start),
    relax_column_count: true,
    // 5" pipes and the like: a quotation mark inside a cell that does not begin with one is part of it.
    relax_quotes: true,
    skip_empty_lines: true,
    on_record: (cells: string[]) => {
      recordBytes = 0;
      if (bound) rows.push(rowOf(bound, cells));
      else bound = bind(cells, mapping, strict);
      return null;
    },
  });
  // What goes wrong is met where it is written; a stream whose errors nobody listens to would end the process.
  parser.on('error', () => undefined);
  // Records go to `on_record`; nothing is ever read from the stream itself.
  parser.resume();

  for (let chunk: Buffer | undefined = start; chunk !== undefined; chunk = await next(chunks)) {
    recordBytes += chunk.length;
    await write(parser, chunk);
    // A quotation mark that is never closed takes the rest of the file for one cell.
    if (recordBytes > chunk.length + MAX_ROW_BYTES) throw notClosed(parser.info.records);
    if (rows.length > 0) yield rows;
    rows = [];
  }
  try {
    await end(parser);
  } catch (error) {
    if ((error as CsvError).code !== 'CSV_QUOTE_NOT_CLOSED') throw error;
    if (!bound) throw notClosed(parser.info.records);
    const detail = 'A quotation mark is not closed; what follows it was not read.';
    rows.push({ errors: [{ field: 'row', rule: 'malformed-csv', detail }], text: '' });
  }
  if (rows.length > 0) yield rows;
  if (!bound) throw malformed('malformed-csv', 'Malformed CSV', 'There is no header.');
}

function notClosed(records: number): Error {
  const detail = `After ${records} records (the header is one) a quotation mark is not closed, or a row is larger than ${MAX_ROW_BYTES} bytes.`;
  return malformed('malformed-csv', 'Malformed CSV', detail);
}

function bind(header: readonly string[], mapping: Mapping | undefined, strict: boolean): BoundMapping {
  if (header.some(isDamaged)) {
    throw malformed('malformed-csv', 'Malformed CSV', 'The header is not valid UTF-8: save the file as UTF-8.');
  }
  const names = header.map((name) => name.replace(/^\ufeff/, '').trim());
  const bound = bindMapping(mapping ?? mappingOfOurFields(names), names, { strict: strict || mapping === undefined });
  if (bound.ok) return bound;
  throw invalidInput(bound.errors.map(({ field, rule, detail }) => ({ field, rule, detail })));
}

function rowOf(bound: BoundMapping, cells: readonly string[]): RawRow {
  const text = cells.join('\u001f');
  const damaged = cells.findIndex(isDamaged);
  if (damaged !== -1) {
    const detail = `Cell ${damaged + 1} is not valid UTF-8: save the file as UTF-8.`;
    return { errors: [{ field: 'row', rule: 'utf-8', detail }], text };
  }
  const mapped = bound.apply(cells);
  // What such a table knows of outcomes belongs to history; a lead that comes in has none yet.
  return mapped.ok ? { value: mapped.lead, text } : { errors: mapped.errors, text };
}

/** Bytes that are not UTF-8 are read as U+FFFD; a table that really has that character was damaged before. */
function isDamaged(text: string): boolean {
  return text.includes('\ufffd');
}

async function firstLine(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for (let chunk = await next(chunks); chunk !== undefined; chunk = await next(chunks)) {
    parts.push(chunk);
    bytes += chunk.length;
    if (chunk.includes(0x0a) || chunk.includes(0x0d)) break;
    if (bytes > MAX_ROW_BYTES) throw malformed('malformed-csv', 'Malformed CSV', 'The header does not end.');
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

function write(parser: Parser, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

function end(parser: Parser): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.once('error', reject);
    parser.end(() => resolve());
  });
}
