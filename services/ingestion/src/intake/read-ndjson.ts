import type { FieldError } from '@fairlead/decisions';
import { isUtf8 } from 'node:buffer';
import { findJsonError } from './find-json-error.js';
import { MAX_ROW_BYTES, type RawRow } from './read-body.js';

const NEWLINE = 0x0a;

/** One lead a line. A bad line is a bad row, and the next line is read as if nothing had been. Blank lines do not count. */
export async function* readNdjson(body: AsyncIterable<Buffer>): AsyncGenerator<RawRow[], void, undefined> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let isFirst = true;

  for await (const chunk of body) {
    const rows: RawRow[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      rows.push(...rowOf(lineOf(chunk.subarray(start, end))));
      start = end + 1;
    }
    keep(chunk.subarray(start));
    if (rows.length > 0) yield rows;
  }
  const last = rowOf(lineOf(Buffer.alloc(0)));
  if (last.length > 0) yield last;

  /** What is over the limit is counted and not kept: it will be refused without having been read. */
  function keep(part: Buffer): void {
    restBytes += part.length;
    if (restBytes <= MAX_ROW_BYTES && part.length > 0) rest.push(part);
  }

  function lineOf(end: Buffer): Buffer | 'too-long' {
    keep(end);
    const line = restBytes > MAX_ROW_BYTES ? 'too-long' : rest.length === 1 ? (rest[0] as Buffer) : Buffer.concat(rest);
    rest = [];
    restBytes = 0;
    return line;
  }

  function rowOf(line: Buffer | 'too-long'): RawRow[] {
    if (line === 'too-long') return [wrong('too-long', `A line may have ${MAX_ROW_BYTES} bytes.`, '')];
    if (!isUtf8(line)) return [wrong('utf-8', 'The line is not valid UTF-8.', line)];
    const text = (isFirst ? line.toString('utf8').replace(/^\ufeff/, '') : line.toString('utf8')).trim();
    if (text === '') return [];
    isFirst = false;
    try {
      return [{ value: JSON.parse(text) as unknown, text }];
    } catch {
      const { column, expected } = findJsonError(text);
      return [wrong('malformed-json', `Not valid JSON: ${expected} at column ${column}.`, text)];
    }
  }
}

function wrong(rule: string, detail: string, text: string | Buffer): RawRow {
  const error: FieldError = { field: 'row', rule, detail };
  return { errors: [error], text };
}
