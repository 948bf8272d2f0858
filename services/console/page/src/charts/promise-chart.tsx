import { scaleLinear } from '@visx/scale';
import { percent } from '../words/numbers.js';
import { useRoom } from './width.js';

export interface ReceivedShare {
  readonly name: string;
  readonly side: 'direct' | 'channel';
  readonly n: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Null where nothing was promised that is known. */
  readonly promised: number | null;
}

const ROW = 30;
const LEFT = 132;
const RIGHT = 64;

/** A bar for what was received, with its interval; a tick for what was promised. */
export function PromiseChart({ shares, label }: { shares: readonly ReceivedShare[]; label: string }) {
  const { ref, width } = useRoom();
  const x = scaleLinear({ domain: [0, 1], range: [LEFT, width - RIGHT] });
  const height = shares.length * ROW + 28;
  return (
    <div ref={ref}>
      <svg className="chart" height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
        {x.ticks(width < 480 ? 3 : 5).map((tick) => (
          <g key={tick}>
            <line className="grid" x1={x(tick)} x2={x(tick)} y1={0} y2={height - 24} />
            <text x={x(tick)} y={height - 8} textAnchor="middle">
              {percent(tick, 0)}
            </text>
          </g>
        ))}
        {shares.map(({ name, side, n, value, low, high, promised }, at) => {
          const middle = at * ROW + ROW / 2;
          return (
            <g key={`${name} ${side}`}>
              <text x={0} y={middle + 4}>
                {name} · {side}
              </text>
              <rect className={`bar ${side}`} x={x(0)} y={middle - 8} width={x(value) - x(0)} height={16} rx={2} />
              <path
                className="whisker"
                d={`M${x(low)} ${middle}H${x(high)}M${x(low)} ${middle - 4}v8M${x(high)} ${middle - 4}v8`}
              />
              {promised === null ? null : (
                <line className="promise" x1={x(promised)} x2={x(promised)} y1={middle - 12} y2={middle + 12} />
              )}
              <text x={width} y={middle + 4} textAnchor="end">
                n {n}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
