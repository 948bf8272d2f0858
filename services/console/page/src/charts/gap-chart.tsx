import { points } from '../words/numbers.js';
import { RowChart, Whisker } from './row-chart.js';

export interface PartOfGap {
  readonly name: string;
  readonly tone: 'neutral' | 'channel' | 'good';
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Bars from zero with their intervals: how much of a gap is the leads, and how much the work (Kitagawa). */
export function GapChart({ parts, label }: { parts: readonly PartOfGap[]; label: string }) {
  const ends = parts.flatMap(({ low, high, value }) => [low, high, value, 0]);
  return (
    <RowChart
      label={label}
      rows={parts.map((part) => ({ ...part, end: points(part.value) }))}
      rowHeight={34}
      left={[84, 120]}
      right={[44, 52]}
      domain={[Math.min(...ends), Math.max(...ends)]}
      say={points}
      ground={(x, height) => <line className="zero" x1={x(0)} x2={x(0)} y1={0} y2={height} />}
      draw={({ tone, value, low, high }, x, y) => (
        <>
          <rect
            className={`bar ${tone}`}
            x={Math.min(x(0), x(value))}
            y={y - 9}
            width={Math.abs(x(value) - x(0))}
            height={18}
          />
          <Whisker from={x(low)} to={x(high)} y={y} />
        </>
      )}
    />
  );
}
