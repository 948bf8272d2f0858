import { percent } from '../words/numbers.js';
import { RowChart, Whisker } from './row-chart.js';

export interface ReceivedShare {
  readonly name: string;
  /** Neutral: of neither of the two. */
  readonly side: 'direct' | 'channel' | 'neutral';
  readonly n: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Null where nothing was promised that is known. */
  readonly promised: number | null;
}

/** A bar for what was received, with its interval; a tick for what was promised. */
export function PromiseChart({ shares, label }: { shares: readonly ReceivedShare[]; label: string }) {
  return (
    <RowChart
      label={label}
      rows={shares.map((share) => ({ ...share, name: nameOf(share), end: `n ${share.n}` }))}
      rowHeight={30}
      left={[112, 132]}
      right={[46, 64]}
      domain={[0, 1]}
      ticks={5}
      say={(tick) => percent(tick, 0)}
      draw={({ side, value, low, high, promised }, x, y) => (
        <>
          <rect className={`bar ${side}`} x={x(0)} y={y - 8} width={x(value) - x(0)} height={16} rx={2} />
          <Whisker from={x(low)} to={x(high)} y={y} />
          {promised === null ? null : (
            <line className="promise" x1={x(promised)} x2={x(promised)} y1={y - 12} y2={y + 12} />
          )}
        </>
      )}
    />
  );
}

function nameOf({ name, side }: ReceivedShare): string {
  return side === 'neutral' ? name : `${name} · ${side}`;
}
