import './measures-chart.css';

/** What one party has of a measure: a share with its interval to be drawn, or words only. */
export interface MeasureCell {
  readonly drawn?: { readonly value: number; readonly low: number; readonly high: number };
  /** What it was counted from: `31 of 42`. */
  readonly counted: string;
  /** The share, or why there is none. */
  readonly says: string;
}

export interface MeasureColumn {
  readonly name: string;
  readonly side: 'direct' | 'channel' | 'neutral';
}

/**
 * The same measures of several parties beside each other, each with its interval. Bars of one measure have one scale; those of different measures
 * have not, since of what is rare no difference would be seen beside what is common. Where there is little room, parties stand below each other.
 */
export function MeasuresChart({
  columns,
  rows,
  label,
}: {
  columns: readonly MeasureColumn[];
  rows: readonly { readonly name: string; readonly cells: readonly MeasureCell[] }[];
  label: string;
}) {
  return (
    <div className={`measures of-${columns.length}`} role="table" aria-label={label}>
      <div className="measures-row measures-head" role="row">
        <span role="columnheader">Measure</span>
        {columns.map(({ name }) => (
          <span role="columnheader" key={name}>
            {name}
          </span>
        ))}
      </div>
      {rows.map(({ name, cells }) => {
        const most = Math.max(0.01, ...cells.map(({ drawn }) => (drawn && drawn.value > 0 ? drawn.high : 0)));
        return (
          <div className="measures-row" role="row" key={name}>
            <span role="rowheader">{name}</span>
            {cells.map((cell, at) => (
              <span role="cell" key={columns[at]?.name}>
                {/* The head of the table is not in sight where parties stand below each other. */}
                <span className="measures-whose" aria-hidden="true">
                  {columns[at]?.name}
                </span>
                <Bar cell={cell} side={columns[at]?.side ?? 'neutral'} most={most} />
                <span className={cell.drawn ? undefined : 'measures-none'}>{cell.says}</span>
                {cell.counted === '' ? null : <span className="measures-counted">{cell.counted}</span>}
              </span>
            ))}
          </div>
        );
      })}
    </div>
  );
}

/** Beside words that say the same. */
function Bar({ cell: { drawn }, side, most }: { cell: MeasureCell; side: MeasureColumn['side']; most: number }) {
  // Of what never happened there is no bar, and the line alone would be the longest mark of all.
  if (!drawn || drawn.value === 0) return null;
  const x = (share: number) => (100 * share) / most;
  const [low, high] = [x(drawn.low), x(drawn.high)];
  return (
    <svg className="chart measures-bar" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
      <rect className={`bar ${side}`} x={0} y={2} width={x(drawn.value)} height={10} />
      <path className="whisker" d={`M${low} 7H${high}M${low} 3v8M${high} 3v8`} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
