import { axes, type Chart, figureOf, frame, place, scaleOf, type Tone, zeroLine } from './chart.js';
import { markup, type Markup } from './markup.js';
import { NOTHING } from './written.js';

export interface Bars {
  readonly name: string;
  readonly tone: Tone;
  readonly values: readonly (number | null)[];
  /** Its interval, where it has one: shown as a whisker. */
  readonly between?: readonly ({ readonly low: number; readonly high: number } | null)[];
}

/** Of the width of a place, what its bars take. */
const FILLED = 0.72;
/** Textures besides colours, so that bars can be told apart in grey: the second and fourth have lines across them. */
const isStriped = (tone: Tone): boolean => tone === 'second' || tone === 'fourth';

/**
 * Figures of a few kinds at each place: beside each other, or stacked, where they are parts of a whole. What is below zero hangs below
 * it, stacks of both signs apart.
 */
export function barChart(chart: Chart & { readonly bars: readonly Bars[]; readonly stacked?: boolean }): Markup {
  const { bars, along, axis, stacked = false } = chart;
  const laid = bars.map(({ values }, which) =>
    values.map((value, at): [from: number, to: number] | null => {
      if (value === null) return null;
      if (!stacked) return [0, value];
      let below = 0;
      for (const { values: others } of bars.slice(0, which)) {
        const other = others[at] ?? 0;
        if (other < 0 === value < 0) below += other;
      }
      return [below, below + value];
    }),
  );
  const intervals = bars.map(({ between = [] }, which) =>
    between.map((interval, at) => {
      const [from, to] = [laid[which]?.[at]?.[0], bars[which]?.values[at]];
      return interval && from !== undefined && to !== undefined
        ? { low: from + interval.low, high: from + interval.high }
        : null;
    }),
  );
  const scale = scaleOf(
    [
      ...laid.flat(2),
      ...intervals.flat().flatMap((interval) => (interval ? [interval.low, interval.high] : [])),
    ].filter((value) => value !== null),
    axis,
  );
  const width = (frame.right - frame.left) / along.names.length;
  const middleOf = (at: number) => frame.left + (at + 0.5) * width;
  const each = (width * FILLED) / (stacked ? 1 : bars.length);
  const leftOf = (which: number, at: number) => middleOf(at) - (width * FILLED) / 2 + (stacked ? 0 : which * each);

  const bar = ({ tone }: Bars, which: number) =>
    along.names.map((_, at) => {
      const [from, to] = laid[which]?.[at] ?? [0, 0];
      const [top, bottom] = [scale.at(Math.max(from, to)), scale.at(Math.min(from, to))];
      if (bottom - top < 0.05) return undefined;
      const box = markup`x="${place(leftOf(which, at))}" y="${place(top)}" width="${place(each)}"
      height="${place(bottom - top)}"`;
      return [
        markup`<rect class="fill ${tone}" ${box} />`,
        isStriped(tone) && markup`<rect fill="url(#${chart.id}-stripes)" ${box} />`,
      ];
    });
  const whisker = (_: Bars, which: number) =>
    along.names.map((_, at) => {
      const interval = intervals[which]?.[at];
      if (!interval) return undefined;
      const x = leftOf(which, at) + each / 2;
      const [low, high] = [place(scale.at(interval.low)), place(scale.at(interval.high))];
      const [left, right] = [place(x - 3), place(x + 3)];
      return markup`<path
        class="whisker"
        d="M${left} ${low}L${right} ${low}M${place(x)} ${low}L${place(x)} ${high}M${left} ${high}L${right} ${high}"
      />`;
    });
  const stripes = markup`<defs
    ><pattern id="${chart.id}-stripes" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"
      ><rect class="paper" width="1.4" height="5" /></pattern
  ></defs>`;
  return figureOf(chart, {
    legend: bars.map(({ name, tone }) => ({
      name,
      sign: markup`<rect class="fill ${tone}" x="2" y="1" width="22" height="10" />${
        isStriped(tone) && markup`<rect fill="url(#${chart.id}-stripes)" x="2" y="1" width="22" height="10" />`
      }`,
    })),
    drawn: [stripes, axes(chart, scale, middleOf), bars.map(bar), zeroLine(scale), bars.map(whisker)],
    columns: bars.map(({ name }) => name),
    rows: along.names.map((_, at) =>
      bars.map(({ values, between }) => {
        const [value, interval] = [values[at] ?? null, between?.[at]];
        if (value === null) return NOTHING;
        const range = interval && ` (${axis.written(interval.low)} to ${axis.written(interval.high)})`;
        return `${axis.written(value)}${range ?? ''}`;
      }),
    ),
  });
}
