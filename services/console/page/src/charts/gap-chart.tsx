import { scaleLinear } from '@visx/scale';
import { points } from '../words/numbers.js';
import { useRoom } from './width.js';

export interface PartOfGap {
  readonly name: string;
  readonly tone: 'neutral' | 'channel' | 'good';
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const ROW = 34;

/** Bars from zero with their intervals: how much of a gap is the leads, and how much the work (Kitagawa). */
export function GapChart({ parts, label }: { parts: readonly PartOfGap[]; label: string }) {
  const { ref, width } = useRoom();
  const left = width < 480 ? 92 : 120;
  const ends = parts.flatMap(({ low, high, value }) => [low, high, value, 0]);
  const x = scaleLinear({ domain: [Math.min(...ends), Math.max(...ends)], range: [left, width - 52], nice: true });
  const height = parts.length * ROW + 28;
  return (
    <div ref={ref}>
      <svg className="chart" height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
        {x.ticks(width < 480 ? 3 : 6).map((tick) => (
          <g key={tick}>
            <line className="grid" x1={x(tick)} x2={x(tick)} y1={0} y2={height - 24} />
            <text x={x(tick)} y={height - 8} textAnchor="middle">
              {points(tick)}
            </text>
          </g>
        ))}
        <line className="zero" x1={x(0)} x2={x(0)} y1={0} y2={height - 24} />
        {parts.map(({ name, tone, value, low, high }, at) => {
          const y = at * ROW + ROW / 2;
          return (
            <g key={name}>
              <text x={0} y={y + 4}>
                {name}
              </text>
              <rect
                className={`bar ${tone}`}
                x={Math.min(x(0), x(value))}
                y={y - 9}
                width={Math.abs(x(value) - x(0))}
                height={18}
              />
              <path className="whisker" d={`M${x(low)} ${y}H${x(high)}M${x(low)} ${y - 4}v8M${x(high)} ${y - 4}v8`} />
              <text x={width} y={y + 4} textAnchor="end">
                {points(value)}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
