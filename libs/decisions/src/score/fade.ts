// How points fade: by half in every half-life. In whole numbers, because `Math.pow` differs in its last digits from one
// engine to the next.

/** What is left at the start of a half-life, in the table's unit. */
const WHOLE = 2 ** 30;
/** Between two entries a straight line is off by less than 4 in a million. */
const STEPS = 128;

/**
 * What is left of points after a while: points · 2^(−age / halfLife), to the nearest whole point, halves towards nothing.
 * Whole half-lives halve exactly; it never grows with age, and never changes its sign.
 * @param age  milliseconds, whole, not negative
 * @param halfLife  milliseconds, whole, positive
 */
export function faded(points: number, age: number, halfLife: number): number {
  const halvings = Math.floor(age / halfLife);
  // 1,000,000 points, the most that could be meant, are less than half a one after 21.
  if (halvings > 30) return 0;
  const within = age - halvings * halfLife;
  const index = Math.floor((within * STEPS) / halfLife);
  const [high = 0, low = 0] = table.slice(index, index + 2);
  const beyond = within * STEPS - index * halfLife;
  const left = high - Math.floor(((high - low) * beyond) / halfLife);
  // Both are below 2^52, so that nothing is lost: 2^20 points times 2^30.
  const whole = WHOLE * 2 ** halvings;
  // Adding 0 makes nothing of −0, which is not the same in a comparison.
  const size = Math.ceil((Math.abs(points) * left) / whole - 0.5) + 0;
  return points < 0 ? 0 - size : size;
}

/** 2^30 · 2^(−i/128), for i from 0 to 128. */
const table: readonly number[] = halvingTable();

function halvingTable(): number[] {
  const one = 10n ** 40n;
  // 2^(−1/128) is the seventh square root of a half.
  let step = one / 2n;
  for (let root = 0; root < 7; root++) step = squareRoot(step * one);
  const values: number[] = [];
  let power = one;
  for (let index = 0; index <= STEPS; index++) {
    values.push(Number((BigInt(WHOLE) * power + one / 2n) / one));
    power = (power * step) / one;
  }
  return values;
}

/** Newton's method, from above: it falls until it is there. */
function squareRoot(of: bigint): bigint {
  let root = of;
  for (let next = (of + 1n) / 2n; next < root; next = (root + of / root) / 2n) root = next;
  return root;
}

const UNITS = [
  { ms: 86_400_000, name: 'day' },
  { ms: 3_600_000, name: 'hour' },
  { ms: 60_000, name: 'minute' },
] as const;

/** `30 days`, `1 hour`: in the largest unit of which there is a whole one. */
export function inWords(age: number): string {
  for (const { ms, name } of UNITS) {
    const count = Math.floor(age / ms);
    if (count > 0) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return 'less than a minute';
}
