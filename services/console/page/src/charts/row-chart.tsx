import { scaleLinear } from '@visx/scale';
import type { ReactNode } from 'react';
import { useRoom } from './width.js';

export type Scale = ReturnType<typeof scaleLinear<number>>;

export interface Row {
  readonly name: string;
  /** What stands at its end: a count, or the value itself. */
  readonly end: string;
}

/** Room below the rows for the numbers of the axis. */
const AXIS = 28;
/** Narrower than this there is room for half of the names and of the numbers. */
const NARROW = 480;
/** Of a letter, about. */
const LETTER = 6.5;

/** What all charts here have in common: rows with a name, a scale below them, and upright lines at its round numbers. */
export function RowChart<R extends Row>({
  rows,
  label,
  rowHeight,
  left,
  right,
  domain,
  isNice = true,
  ticks = 6,
  say,
  ground,
  draw,
}: {
  rows: readonly R[];
  /** What it shows, for whoever does not see it. */
  label: string;
  rowHeight: number;
  /** Room for names, where there is little of it and else. */
  left: readonly [narrow: number, wide: number];
  /** And for what stands at their ends. */
  right: readonly [narrow: number, wide: number];
  domain: readonly [from: number, to: number];
  /** Whether the scale goes on to the next round number. */
  isNice?: boolean;
  ticks?: number;
  say: (tick: number) => string;
  /** What stands behind all rows. */
  ground?: (x: Scale, height: number) => ReactNode;
  /** The marks of one row, at this height. */
  draw: (row: R, x: Scale, y: number) => ReactNode;
}) {
  const { ref, width } = useRoom();
  const isNarrow = width < NARROW;
  const [begin, end] = isNarrow ? [left[0], width - right[0]] : [left[1], width - right[1]];
  const x = scaleLinear<number>({ domain: [...domain], range: [begin, end], nice: isNice });
  const height = rows.length * rowHeight + AXIS;
  return (
    <div ref={ref}>
      <svg className="chart" height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
        {x.ticks(isNarrow ? 3 : ticks).map((tick) => (
          <g key={tick}>
            <line className="grid" x1={x(tick)} x2={x(tick)} y1={0} y2={height - AXIS + 4} />
            <text x={x(tick)} y={height - 8} textAnchor="middle">
              {say(tick)}
            </text>
          </g>
        ))}
        {ground?.(x, height - AXIS + 4)}
        {rows.map((row, at) => {
          const y = at * rowHeight + rowHeight / 2;
          return (
            <g key={`${row.name} ${at}`}>
              <text x={0} y={y + 4}>
                {shortened(row.name, begin / LETTER)}
              </text>
              {draw(row, x, y)}
              <text x={width} y={y + 4} textAnchor="end">
                {row.end}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

/** From the lower to the upper end of an interval. */
export function Whisker({ from, to, y }: { from: number; to: number; y: number }) {
  return <path className="whisker" d={`M${from} ${y}H${to}M${from} ${y - 4}v8M${to} ${y - 4}v8`} />;
}

function shortened(name: string, most: number): string {
  return name.length > most ? `${name.slice(0, Math.floor(most) - 1)}…` : name;
}
