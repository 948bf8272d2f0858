/**
 * A table as RFC 4180 has it, every cell quoted, for spreadsheets as for programs. It begins with a mark of its encoding, without which
 * spreadsheets take UTF-8 for something else.
 */
export function csvOf(headings: readonly string[], rows: readonly (readonly string[])[]): Buffer {
  const lines = [headings, ...rows].map((row) =>
    row.map((cell) => `"${harmless(cell).replaceAll('"', '""')}"`).join(','),
  );
  return Buffer.from(`\uFEFF${lines.join('\r\n')}\r\n`);
}

/**
 * What begins a formula, the wide signs too, which some fold. It is looked for behind all that a spreadsheet may pass over: white space
 * and control characters (CVE-2026-55154).
 */
const BEGINS_FORMULA = /^[\s\p{C}\p{Z}]*[=+\-@＝＋－＠]/u;
/** Not every spreadsheet splits at commas, and to one that splits at `;` or tabs quotes within a line end nothing: a cell may begin here. */
const FORMULA_WITHIN = /([\t\r\n;,"][\s\p{C}\p{Z}]*)(?=[=+\-@＝＋－＠])/gu;
const BEGINS_WITH_CONTROL = /^[\t\r\n]/;

/** A text that no spreadsheet runs, however it splits the line: an apostrophe makes a text of what it would take for a formula. */
export function harmless(cell: string): string {
  const within = cell.replace(FORMULA_WITHIN, "$1'");
  return BEGINS_FORMULA.test(cell) || BEGINS_WITH_CONTROL.test(cell) ? `'${within}` : within;
}
