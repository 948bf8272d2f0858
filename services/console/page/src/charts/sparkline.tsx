/** The course of a count, oldest first; a picture beside a number that says it. */
export function Sparkline({ counts, label }: { counts: readonly number[]; label: string }) {
  const most = Math.max(1, ...counts);
  const step = counts.length > 1 ? 120 / (counts.length - 1) : 0;
  const path = counts.map((count, at) => `${at === 0 ? 'M' : 'L'}${at * step} ${28 - (26 * count) / most}`).join('');
  return (
    <svg className="chart" height={30} viewBox="0 0 120 30" preserveAspectRatio="none" role="img" aria-label={label}>
      <path className="line direct" d={path} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
