import { axes, type Chart, figureOf, frame, place, scaleOf, type Tone } from './chart.js';
import { markup, type Markup } from './markup.js';
import { NOTHING } from './written.js';

export interface Line {
  readonly name: string;
  readonly tone: Tone;
  /** Null where there is nothing to show: the line has a gap there. */
  readonly values: readonly (number | null)[];
  /** Its interval, where it has one: shown as a band. */
  readonly between?: readonly ({ readonly low: number; readonly high: number } | null)[];
}

/** Besides colours, so that lines can be told apart in grey. */
const dashes: Readonly<Record<Tone, string>> = { first: 'none', second: '7 5', third: '14 4', fourth: '8 4 2 4' };

/** Figures over time, of a few parties or policies. */
export function lineChart(chart: Chart & { readonly lines: readonly Line[] }): Markup {
  const { lines, along, axis } = chart;
  const values = lines.flatMap(({ values: each, between = [] }) => [
    ...each,
    ...between.flatMap((interval) => (interval ? [interval.low, interval.high] : [])),
  ]);
  const scale = scaleOf(
    values.filter((value) => value !== null),
    axis,
  );
  const width = (frame.right - frame.left) / along.names.length;
  const middleOf = (index: number) => frame.left + (index + 0.5) * width;
  const point = (index: number, value: number) => `${place(middleOf(index))} ${place(scale.at(value))}`;

  const band = ({ tone, between }: Line) =>
    between &&
    runsOf(between).map(
      (run) =>
        markup`<path
          class="band ${tone}"
          d="M${[
            ...run.map(([index, { high }]) => point(index, high)),
            ...run.toReversed().map(([index, { low }]) => point(index, low)),
          ].join('L')}Z"
        />`,
    );
  const line = ({ tone, values: each }: Line) =>
    runsOf(each).map((run) => {
      const points = run.map(([index, value]) => point(index, value));
      // A single point would be a line of no length: a dot, then.
      return run.length > 1
        ? markup`<path class="line ${tone}" stroke-dasharray="${dashes[tone]}" d="M${points.join('L')}" />`
        : run.map(
            ([index, value]) =>
              markup`<circle
                class="fill ${tone}"
                cx="${place(middleOf(index))}"
                cy="${place(scale.at(value))}"
                r="3.5"
              />`,
          );
    });
  return figureOf(chart, {
    legend: lines.map(({ name, tone }) => ({
      name,
      sign: markup`<path class="line ${tone}" stroke-dasharray="${dashes[tone]}" d="M2 6L24 6" />`,
    })),
    drawn: [axes(chart, scale, middleOf), lines.map(band), lines.map(line)],
    columns: lines.map(({ name }) => name),
    rows: along.names.map((_, index) =>
      lines.map(({ values: each, between }) => {
        const [value, interval] = [each[index] ?? null, between?.[index]];
        if (value === null) return NOTHING;
        const range = interval && ` (${axis.written(interval.low)} to ${axis.written(interval.high)})`;
        return `${axis.written(value)}${range ?? ''}`;
      }),
    ),
  });
}

/** What follows each other without a gap. */
function runsOf<T>(values: readonly (T | null)[]): [index: number, value: T][][] {
  const runs: [number, T][][] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    const last = runs.at(-1);
    if (last && last.at(-1)?.[0] === index - 1) last.push([index, value]);
    else runs.push([[index, value]]);
  });
  return runs;
}
