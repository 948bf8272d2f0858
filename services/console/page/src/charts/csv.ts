import type { FigureTable } from './figure.js';

/** RFC 4180. What a spreadsheet would take for a formula is made text, also behind leading white space. */
export function csvOf({ columns, rows }: FigureTable): string {
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number): string {
  const text = typeof value === 'number' ? String(value) : /^\s*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
