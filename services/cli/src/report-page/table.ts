import { type Content, markup, type Markup } from './markup.js';

export interface Column {
  readonly heading: string;
  /** Words stand to the left, figures to the right; prose may break. */
  readonly kind?: 'text' | 'prose';
}

/** A cell, or one that is marked: a figure that is good or bad news, or the one that the others are to be compared with. */
export type Cell = string | number | { readonly text: string; readonly is: 'good' | 'bad' | 'mark' };

export interface Table {
  readonly caption: string;
  /** The first column names the row. */
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Whether the last row is all of them together. */
  readonly total?: boolean;
}

/** A table that scrolls by itself where the page is narrower, by keyboard as well. */
export function table({ caption, columns, rows, total = false }: Table): Markup {
  // Shown outside of what scrolls, or it would be cut off; the table's own is for those who hear it.
  return markup`<p class="caption" aria-hidden="true">${caption}</p>
<div class="wide" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${columns.map(({ heading, kind }) => markup`<th scope="col"${kind && markup` class="text"`}>${heading}</th>`)}</tr></thead>
<tbody>
${rows.map((row, place) => {
  const isTotal = total && place === rows.length - 1;
  const cells = row.map((cell, at) => cellOf(cell, at, columns[at]?.kind));
  return markup`<tr${isTotal && markup` class="total"`}>${cells}</tr>\n`;
})}</tbody></table></div>`;
}

function cellOf(cell: Cell, at: number, kind: Column['kind']): Content {
  const { text, is } = typeof cell === 'object' ? cell : { text: String(cell), is: undefined };
  if (at === 0) return markup`<th scope="row">${text}</th>`;
  const classes = [kind, is].filter((each) => each !== undefined).join(' ');
  return markup`<td${classes !== '' && markup` class="${classes}"`}>${text}</td>`;
}
