import type { FieldError } from '@fairlead/decisions';
import type { RawRow } from '../intake/read-body.js';

/** Says of a row that it could not be read, in place of the row. No row is empty, and none begins so: JSON begins with no such byte. */
const UNREADABLE = '!';

const OPENING = 0x7b;
const LINE_BREAK = 0x0a;

/** Rows of lines of JSON as one text, a line each: those that could not be read with what was wrong with them. */
export function writeRows(rows: readonly RawRow[]): Buffer {
  return Buffer.from(
    rows
      .map(({ text, errors }) => (errors ? `${UNREADABLE}${JSON.stringify(errors)}` : text.toString('utf8')))
      .join('\n'),
  );
}

/** The same of a row that came in no line: as it was sent where that is one, else written anew, with the same in it. */
export function onOneLine({ value, text, errors }: RawRow, isItsText: boolean): RawRow {
  if (errors) return { errors, text: '' };
  const isOneLine = isItsText && Buffer.isBuffer(text) && text[0] === OPENING && !text.includes(LINE_BREAK);
  return { value, text: isOneLine ? text : JSON.stringify(value) };
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
