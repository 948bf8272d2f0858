import type { Cell, FigureTable } from './figure-table.js';

/** Of what the numbers are, a column each: a file is read where its page is not. */
export type OfWhat = readonly (readonly [column: string, value: string])[];

/** RFC 4180, for programs: numbers as they are reckoned with, shares from 0 to 1. A text that a spreadsheet would take for a formula is made text. */
export function csvOf({ columns, rows }: FigureTable, ofWhat: OfWhat = []): string {
  const more = ofWhat.map(([, value]) => value);
  return [[...columns, ...ofWhat.map(([column]) => column)], ...rows.map((row) => [...row, ...more])]
    .map((row) => `${row.map(cell).join(',')}\r\n`)
    .join('');
}

function cell(told: Cell): string {
  if (typeof told === 'object') return told.value === null ? '' : String(told.value);
  if (typeof told === 'number') return String(told);
  // Also behind leading white space.
  const text = /^\s*[=+\-@\t\r]/.test(told) ? `'${told}` : told;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
