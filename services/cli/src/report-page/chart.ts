import { type Content, markup, type Markup } from './markup.js';
import { table } from './table.js';

// What all charts have in common: their frame, their scales, and the table of their numbers.

export type Tone = 'first' | 'second' | 'third' | 'fourth';

export interface Axis {
  /** What is along it; above the chart, where nothing needs to be turned to be read. */
  readonly label: string;
  /** How its figures are written. */
  readonly written: (value: number) => string;
  /** The least that it shows, unless figures need more. 0, unless said: a chart that begins elsewhere exaggerates. */
  readonly from?: number;
  readonly to?: number;
}

export interface Chart {
  /** Of the page: no two charts have the same. */
  readonly id: string;
  readonly title: string;
  /** What is to be seen in it, in a sentence, also for those who cannot see it. */
  readonly description: string;
  /** What the places along the x axis are, such as `quarter`, and their names. */
  readonly along: { readonly label: string; readonly names: readonly string[] };
  readonly axis: Axis;
}

/** Small enough to be read on a telephone without being scaled down much; beside each other on a wide page. */
export const WIDTH = 400;
export const HEIGHT = 240;
const LEFT = 52;
const RIGHT = 10;
const TOP = 12;
const BOTTOM = 36;
export const frame = { left: LEFT, right: WIDTH - RIGHT, top: TOP, bottom: HEIGHT - BOTTOM } as const;

export interface Shown {
  readonly legend: readonly { readonly name: string; readonly sign: Markup }[];
  readonly drawn: Content;
  /** By place along the axis, what stands in the table of numbers. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A chart with its title, its description and, folded away, its numbers. */
export function figureOf(
  { id, title, description, along, axis }: Chart,
  { legend, drawn, columns, rows }: Shown,
): Markup {
  return markup`<figure id="${id}">
    <figcaption>${title}<small>${axis.label}, by ${along.label}</small></figcaption>
    <ul class="legend">
      ${legend.map(({ name, sign }) => markup`<li><svg viewBox="0 0 26 12" aria-hidden="true">${sign}</svg>${name}</li>`)}
    </ul>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-desc">
      <title id="${id}-title">${title}</title>
      <desc id="${id}-desc">${description}</desc>
      ${drawn}
    </svg>
    <details>
      <summary>The numbers</summary>
      ${table({
        caption: title,
        columns: [{ heading: along.label, kind: 'text' }, ...columns.map((heading) => ({ heading }))],
        rows: rows.map((row, place) => [along.names[place] ?? '', ...row]),
      })}
    </details>
  </figure>`;
}

export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** The vertical scale: round numbers from below the least to above the most. */
export function scaleOf(values: readonly number[], { from = 0, to }: Pick<Axis, 'from' | 'to'>): Scale {
  const [least, most] = [Math.min(from, ...values), Math.max(to ?? from, ...values)];
  const step = roundStep((most - least || 1) / 4);
  const low = Math.floor(least / step + 1e-9);
  const high = Math.max(Math.ceil(most / step - 1e-9), low + 1);
  const height = (frame.bottom - frame.top) / (high - low);
  return {
    at: (value) => frame.bottom - (value / step - low) * height,
    ticks: Array.from({ length: high - low + 1 }, (_, index) => (low + index) * step),
  };
}

/** The next of 1, 2, 2.5, 5, 10 … times a power of ten; by multiplication alone, which is the same on every machine. */
function roundStep(least: number): number {
  let unit = 1;
  while (unit > least) unit /= 10;
  while (unit * 10 <= least) unit *= 10;
  return [1, 2, 2.5, 5, 10].map((times) => times * unit).find((step) => step >= least) ?? 10 * unit;
}

/** The lines behind, and what is written beside and below them. */
export function axes({ along, axis }: Chart, { at, ticks }: Scale, middleOf: (place: number) => number): Content {
  const { names } = along;
  // As many names as there is room for, and always the first.
  const room = Math.max(...names.map(({ length }, index) => ((length + (names[index + 1]?.length ?? 0)) / 2) * 6 + 4));
  const every = Math.max(1, Math.ceil((room * names.length) / (frame.right - frame.left)));
  return [
    ticks.map(
      (tick) =>
        markup`<line
            class="${tick === 0 ? 'zero' : 'grid'}"
            x1="${frame.left}"
            x2="${frame.right}"
            y1="${place(at(tick))}"
            y2="${place(at(tick))}"
          /><text x="${frame.left - 6}" y="${place(at(tick) + 4)}" text-anchor="end">${axis.written(tick)}</text>`,
    ),
    names.map(
      (name, index) =>
        index % every === 0 &&
        markup`<text x="${place(middleOf(index))}" y="${frame.bottom + 16}" text-anchor="middle">${name}</text>`,
    ),
    markup`<text x="${(frame.left + frame.right) / 2}" y="${HEIGHT - 4}" text-anchor="middle">${along.label}</text>`,
  ];
}

/** Once more, above what stands on it. */
export function zeroLine({ at }: Scale): Markup {
  const y = place(at(0));
  return markup`<line class="zero" x1="${frame.left}" x2="${frame.right}" y1="${y}" y2="${y}" />`;
}

/** A coordinate, to a tenth of a unit: finer is not to be seen. */
export function place(coordinate: number): string {
  const text = coordinate.toFixed(1);
  return text === '-0.0' ? '0.0' : text;
}
