import type { ReceivedShare } from '../charts/promise-chart.js';
import { percent } from '../words/numbers.js';
import { TOO_FEW } from './too-few.js';

/** Whether partners got of each grade what they were promised, as far as so many leads can tell. */
export function promiseInWords(shares: readonly ReceivedShare[]): string {
  const known = shares.filter(({ promised, side }) => promised !== null && side === 'channel');
  const few = known.filter(({ n }) => n < TOO_FEW).map(({ name }) => name);
  const enough = known.filter(({ n }) => n >= TOO_FEW);
  const missed = enough.filter(({ promised, low, high }) => Number(promised) < low || Number(promised) > high);
  const kept = enough.filter((each) => !missed.includes(each)).map(({ name }) => name);
  const parts = [
    kept.length > 0 && `Of ${named(kept)} both sides got what was promised, as far as so many leads can tell.`,
    ...missed.map(
      ({ name, value, promised }) =>
        `Of ${named([name])} partners got ${percent(value)} where ${percent(promised)} were promised.`,
    ),
    few.length > 0 && `Of ${named(few)} there are too few to say.`,
    known.length === 0 && 'No promise is known for these leads.',
  ];
  return parts.filter(Boolean).join(' ');
}

/** `grade A, B and leads without a grade` */
function named(grades: readonly string[]): string {
  const graded = grades.filter((grade) => grade !== 'no grade');
  return [
    ...(graded.length > 0 ? [`grade ${graded.join(', ')}`] : []),
    ...(graded.length < grades.length ? ['leads without a grade'] : []),
  ].join(' and ');
}
