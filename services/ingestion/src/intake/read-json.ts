import { isUtf8 } from 'node:buffer';
import { findJsonError } from './find-json-error.js';
import { malformed, type RawRow } from './read-body.js';

/** @returns one lead or several; each lead is looked at later, this is about JSON alone */
export function readJson(body: Buffer): { readonly isOne: boolean; readonly rows: readonly RawRow[] } {
  if (!isUtf8(body)) throw malformed('malformed-json', 'Malformed JSON', 'The body is not valid UTF-8.');
  const text = body.toString('utf8').replace(/^\ufeff/, '');
  const value = parse(text);
  if (!Array.isArray(value)) return { isOne: true, rows: [{ value, text: body }] };
  // The whole body stands for each row: rows are not written down one by one.
  return { isOne: false, rows: value.map((each: unknown, index) => ({ value: each, text: index === 0 ? body : '' })) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const { line, column, expected } = findJsonError(text);
    // The parser's own message quotes what was sent.
    const detail = `The body is not valid JSON: ${expected} at line ${line}, column ${column}.`;
    throw malformed('malformed-json', 'Malformed JSON', detail);
  }
}
