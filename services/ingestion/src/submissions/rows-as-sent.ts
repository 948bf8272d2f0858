import type { FieldError } from '@fairlead/decisions';
import type { RawRow } from '../intake/read-body.js';

/** Says of a row that it could not be read, in place of the row. No row is empty, and none begins so: JSON begins with no such byte. */
const UNREADABLE = '!';

/** Rows of lines of JSON as one text, a line each: those that could not be read with what was wrong with them. */
export function writeRows(rows: readonly RawRow[]): Buffer {
  return Buffer.from(
    rows
      .map(({ text, errors }) => (errors ? `${UNREADABLE}${JSON.stringify(errors)}` : text.toString('utf8')))
      .join('\n'),
  );
}

/** The same rows: each was a line, so no line break is in any of them. */
export function readRows(body: Buffer): RawRow[] {
  return body
    .toString('utf8')
    .split('\n')
    .map((text) =>
      text.startsWith(UNREADABLE)
        ? { errors: JSON.parse(text.slice(UNREADABLE.length)) as FieldError[], text: '' }
        : { value: JSON.parse(text) as unknown, text },
    );
}
