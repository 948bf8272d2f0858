// How likely something is, from its log-odds, in whole numbers: `Math.exp` differs in its last digits from one engine to
// the next, and a score must come out the same wherever it is taken again.

/** Parts per million. */
export const CERTAIN = 1_000_000;
/** A table's step in millionths of log-odds: 1/250. Between two entries a straight line is off by less than 0.2 ppm. */
const STEP = 4_000;
/** Beyond 16 the chance is 0 or 1 in parts per million. */
const LAST = 16 * 250;
const FINE = 1_000_000_000_000;

/**
 * The logistic function, 1 / (1 + e^−x).
 * @param logOdds  natural log-odds in millionths; whole
 * @returns parts per million; whole, never falling as the log-odds rise, and chance(−x) = 1,000,000 − chance(x)
 */
export function chance(logOdds: number): number {
  const distance = Math.abs(logOdds);
  const index = Math.min(Math.floor(distance / STEP), LAST - 1);
  const beyond = Math.min(distance - index * STEP, STEP);
  const [low = 0, high = 0] = table.slice(index, index + 2);
  const parts = Math.round((low + Math.floor(((high - low) * beyond) / STEP)) / (FINE / CERTAIN));
  return logOdds < 0 ? CERTAIN - parts : parts;
}

/** 1 / (1 + e^−(i/250)) in 10⁻¹², for i from 0 to 4,000. */
const table: readonly number[] = logisticTable();

function logisticTable(): number[] {
  const one = 10n ** 30n;
  // e^(−1/250) by its Taylor series; the terms after the 12th are below 10⁻³⁰.
  let term = one;
  let step = one;
  for (let n = 1n; n <= 12n; n++) {
    term = -term / (250n * n);
    step += term;
  }
  const values: number[] = [];
  let power = one;
  for (let index = 0; index <= LAST; index++) {
    values.push(Number((BigInt(FINE) * one) / (one + power)));
    power = (power * step) / one;
  }
  return values;
}
