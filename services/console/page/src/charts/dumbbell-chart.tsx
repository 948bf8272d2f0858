import { scaleLinear } from '@visx/scale';
import { percent } from '../words/numbers.js';
import { useRoom } from './width.js';

export interface FromNaiveToAlike {
  readonly name: string;
  readonly side: 'direct' | 'channel';
  readonly n: number;
  readonly naive: number;
  readonly alike: number;
  readonly low: number;
  readonly high: number;
}

const ROW = 30;
const RIGHT = 60;

/** Hollow: as a plain report has it. Filled, with its interval: with the same leads for all. */
export function DumbbellChart({ parties, label }: { parties: readonly FromNaiveToAlike[]; label: string }) {
  const { ref, width } = useRoom();
  const left = width < 480 ? 96 : 150;
  const most = Math.max(0.01, ...parties.flatMap(({ naive, high }) => [naive, high]));
  const x = scaleLinear({ domain: [0, most], range: [left, width - RIGHT], nice: true });
  const height = parties.length * ROW + 28;
  return (
    <div ref={ref}>
      <svg className="chart" height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
        {x.ticks(width < 480 ? 3 : 6).map((tick) => (
          <g key={tick}>
            <line className="grid" x1={x(tick)} x2={x(tick)} y1={0} y2={height - 24} />
            <text x={x(tick)} y={height - 8} textAnchor="middle">
              {percent(tick, 0)}
            </text>
          </g>
        ))}
        {parties.map(({ name, side, n, naive, alike, low, high }, at) => {
          const y = at * ROW + ROW / 2;
          return (
            <g key={name}>
              <text x={0} y={y + 4}>
                {name.length > left / 7 ? `${name.slice(0, Math.floor(left / 7) - 1)}…` : name}
              </text>
              <path className="whisker" d={`M${x(low)} ${y}H${x(high)}M${x(low)} ${y - 4}v8M${x(high)} ${y - 4}v8`} />
              <line className={side} x1={x(naive)} x2={x(alike)} y1={y} y2={y} strokeWidth={3} />
              <circle className={`${side} hollow`} cx={x(naive)} cy={y} r={5} />
              <circle className={side} cx={x(alike)} cy={y} r={5} />
              <text x={width} y={y + 4} textAnchor="end">
                n {n}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
