// `Math.exp` and `Math.log` may differ in their last digits from engine to engine, and figures must not. These are made of
// additions, multiplications and divisions alone, which IEEE 754 rounds in one way only; they are right to about 15 digits.

/** ln 2, as near as a double comes to it. */
const LN2 = 0.6931471805599453;

/** The natural logarithm. @param x  positive and finite */
export function log(x: number): number {
  let [mantissa, exponent] = [x, 0];
  // Halving and doubling are exact.
  while (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent -= 1;
  }
  // ln m = 2 artanh((m − 1) / (m + 1)), and the quotient is below 0.172: twelve terms come within the last digit.
  const quotient = (mantissa - 1) / (mantissa + 1);
  const square = quotient * quotient;
  let sum = 0;
  for (let term = 23; term >= 1; term -= 2) sum = sum * square + 1 / term;
  return exponent * LN2 + 2 * quotient * sum;
}

/** e to the power of `x`; beyond 709 infinite, and below −745 nothing. */
export function exp(x: number): number {
  if (x > 709.78) return Infinity;
  if (x < -745.13) return 0;
  const halvings = Math.round(x / LN2);
  const rest = x - halvings * LN2;
  // |rest| is below 0.35: its eighteenth power is nothing beside 1.
  let sum = 1;
  for (let term = 17; term >= 1; term -= 1) sum = 1 + (rest / term) * sum;
  for (let left = halvings; left > 0; left -= 1) sum *= 2;
  for (let left = halvings; left < 0; left += 1) sum /= 2;
  return sum;
}
