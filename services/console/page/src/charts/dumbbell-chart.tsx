import { percent } from '../words/numbers.js';
import type { FromNaiveToAlike } from './from-naive-to-alike.js';
import { RowChart, Whisker } from './row-chart.js';

/** Hollow: as a plain report has it. Filled, with its interval: with the same leads for all. */
export function DumbbellChart({ parties, label }: { parties: readonly FromNaiveToAlike[]; label: string }) {
  const most = Math.max(0.01, ...parties.flatMap(({ naive, high }) => [naive, high]));
  return (
    <RowChart
      label={label}
      rows={parties.map((party) => ({ ...party, end: `n ${party.n}` }))}
      rowHeight={30}
      left={[76, 150]}
      right={[50, 60]}
      domain={[0, most]}
      say={(tick) => percent(tick, 0)}
      draw={({ side, naive, alike, low, high }, x, y) => (
        <>
          <Whisker from={x(low)} to={x(high)} y={y} />
          <line className={side} x1={x(naive)} x2={x(alike)} y1={y} y2={y} strokeWidth={3} />
          <circle className={`${side} hollow`} cx={x(naive)} cy={y} r={5} />
          <circle className={side} cx={x(alike)} cy={y} r={5} />
        </>
      )}
    />
  );
}
